using System.Text;
using Sidecar.Tensors.Json;
using Sidecar.Tensors.Mapping;
using Sidecar.Tensors.Tables;

namespace Sidecar.Tensors;

/// <summary>
/// A JSON API that somebody has described: which features are where in its requests and answers. Each feature that is there is a tensor of that name, in the order
/// of the description; one that is not is absent.
/// </summary>
public sealed class JsonMapping : IProtocolDecoder
{
    private readonly Side _inputs;
    private readonly Side _outputs;

    /// <param name="inputs">Features of requests; none: requests are not looked at.</param>
    /// <param name="outputs">Features of answers; none: answers are not looked at.</param>
    public JsonMapping(IReadOnlyList<JsonFeature> inputs, IReadOnlyList<JsonFeature> outputs)
    {
        _inputs = new Side(inputs);
        _outputs = new Side(outputs);
    }

    /// <inheritdoc/>
    public DecodeError DecodeRequest(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into) => Decode(body.Span, into, _inputs, isRequest: true);

    /// <inheritdoc/>
    public DecodeError DecodeResponse(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into) => Decode(body.Span, into, _outputs, isRequest: false);

    private static DecodeError Decode(ReadOnlySpan<byte> body, TensorMessage into, Side side, bool isRequest)
    {
        into.Clear();
        if (side.Names.Length == 0)
            return DecodeError.None;
        if (!TryAddColumns(into, side))
            return DecodeError.TooLarge;
        var rows = into.Table.Counters(side.Counters);
        rows.Fill(-1);
        var json = new JsonScanner(body, into.Limits.MaxDepth);
        var reader = new MappingReader(into, side.CounterOf, rows);
        if (!reader.Read(ref json, side.Root, row: 0) || !json.AtEnd() || !reader.Close(ref json, out var found))
            return json.Error;
        if (!found && !isRequest)
            _ = ReadError(new JsonScanner(body, into.Limits.MaxDepth), into);
        return JsonMessage.Finish(ref json, body, into, found);
    }

    private static bool TryAddColumns(TensorMessage into, Side side)
    {
        for (var i = 0; i < side.Names.Length; i++)
        {
            if (!JsonRows.TryAdd(into, side.Names[i], hasRows: side.CounterOf[i] != Branch.NoCounter, out var column))
                return false;
            into.Table[column].Declared = side.Types[i];
        }

        return true;
    }

    /// <summary>What a server says of an error, in the members that frameworks have for it.</summary>
    private static bool ReadError(JsonScanner json, TensorMessage into)
    {
        var first = true;
        if (json.Peek() != '{' || !json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            if (json.Peek() == '"' && (member.Is("error"u8) || member.Is("detail"u8) || member.Is("message"u8)))
                return OpenInferenceJson.ReadError(ref json, into);
            if (!json.SkipValue())
                return false;
        }

        return false;
    }

    /// <summary>The features of one direction, compiled.</summary>
    private sealed class Side
    {
        public Side(IReadOnlyList<JsonFeature> features)
        {
            var counters = 0;
            Names = [.. features.Select(feature => Encoding.UTF8.GetBytes(feature.Name))];
            Types = [.. features.Select(feature => feature.Path.DataType)];
            CounterOf = [.. features.Select((feature, i) => Root.Add(feature.Path.Steps, i, ref counters))];
            Counters = counters;
        }

        public MappingNode Root { get; } = new();

        public byte[][] Names { get; }

        public DataType[] Types { get; }

        /// <summary>The counter of each feature's rows; -1: it has none.</summary>
        public int[] CounterOf { get; }

        /// <summary>How many counters there are.</summary>
        public int Counters { get; }
    }
}
