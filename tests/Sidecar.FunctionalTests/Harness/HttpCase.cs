using System.Globalization;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>How a request's body is delimited.</summary>
internal enum BodyFraming
{
    None,
    ContentLength,
    Chunked,
}

/// <summary>One request that every client can make, and makes twice on a connection that it tries to keep.</summary>
/// <param name="Name">What the test's name shows.</param>
internal sealed record HttpCase(string Name, string Method, string Path)
{
    /// <summary>Sent in every request, so that a transcript does not depend on the port.</summary>
    public const string Host = "model.test";

    public BodyFraming Framing { get; init; }

    /// <summary>The bytes are <see cref="SeededBytes"/> of the length.</summary>
    public int BodyLength { get; init; }

    /// <summary>HTTP/1.0 instead of 1.1.</summary>
    public bool Http10 { get; init; }

    /// <summary>The request says <c>Connection: close</c>.</summary>
    public bool Close { get; init; }

    /// <summary>The request asks for <c>100 Continue</c> before it sends its body.</summary>
    public bool Expect { get; init; }

    /// <summary>Further headers.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public byte[] Body => SeededBytes.Of((ulong)BodyLength, BodyLength);

    /// <summary>How often the request is made: once where the connection can't be used again.</summary>
    public int Times => Close || Http10 ? 1 : 2;

    public override string ToString() => Name;

    /// <summary>The head as a client writes it by hand, with the empty line.</summary>
    public string Head()
    {
        var lines = new List<string> { $"{Method} {Path} HTTP/1.{(Http10 ? 0 : 1)}", $"Host: {Host}" };
        if (Framing == BodyFraming.ContentLength)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"Content-Length: {BodyLength}"));
        if (Framing == BodyFraming.Chunked)
            lines.Add("Transfer-Encoding: chunked");
        if (Close)
            lines.Add("Connection: close");
        if (Expect)
            lines.Add("Expect: 100-continue");
        lines.AddRange(Headers.Select(header => $"{header.Name}: {header.Value}"));
        return string.Join("\r\n", lines) + "\r\n\r\n";
    }
}
