using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>One call that every client of gRPC can make of the echo service.</summary>
/// <param name="Name">Its request id.</param>
/// <param name="Method">Unary, Collect, Repeat, Talk, or Missing.</param>
internal sealed record GrpcCase(string Name, string Method)
{
    /// <summary>What the service is to do, and more; names that end in <c>-bin</c> have base64 values.</summary>
    public IReadOnlyList<(string Name, string Value)> Metadata { get; init; } = [];

    /// <summary>The lengths of the messages that the client sends.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = [21];

    /// <summary>Milliseconds that it may take; 0 for as long as it likes.</summary>
    public int Deadline { get; init; }

    /// <summary>In a talk the client gives up after so many answers; 0 for never.</summary>
    public int CancelAfter { get; init; }

    // Half of each can be compressed.
    public IEnumerable<byte[]> Messages => Lengths.Select((length, i) => (byte[])[.. SeededBytes.Of((ulong)(length + i), (length + 1) / 2), .. new byte[length / 2]]);
}

/// <summary>Calls that are made one after another, and then some at the same time.</summary>
internal sealed record GrpcScript(IReadOnlyList<GrpcCase> InTurn, IReadOnlyList<GrpcCase> AtOnce)
{
    public int Count => InTurn.Count + AtOnce.Count;
}
