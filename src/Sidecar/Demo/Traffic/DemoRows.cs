using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Sidecar.Demo.Serving.Protos;

namespace Sidecar.Demo.Traffic;

/// <summary>The rows that the load replays, as Open Inference Protocol V2 requests of one row.</summary>
internal sealed class DemoRows
{
    private const string Renamed = "loan_length";
    private const string RenamedTo = "loan_duration";
    private const string Rescaled = "debt_to_income_ratio";
    private const float UnitFactor = 100;

    // Category names travel as they are ("20K €"), as most clients send them; nothing here ends up in HTML.
    private static readonly JsonWriterOptions AsItIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string[] _columns;
    private readonly string[][] _rows;

    private DemoRows(string[] columns, string[][] rows)
    {
        _columns = columns;
        _rows = rows;
    }

    public int Count => _rows.Length;

    /// <summary>Reads a header line and rows, comma-separated without quoting, as Assets/make_assets.py writes them.</summary>
    public static DemoRows Parse(ReadOnlySpan<byte> csv)
    {
        var lines = Encoding.UTF8.GetString(csv).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new DemoRows(lines[0].Split(','), [.. lines.Skip(1).Select(line => line.Split(','))]);
    }

    /// <summary>The request body for one row.</summary>
    /// <param name="row">0 ≤ row &lt; <see cref="Count"/>.</param>
    /// <param name="id">The request's id; unique, for a repeated id means a retry.</param>
    /// <param name="fault">What to get wrong.</param>
    public ReadOnlyMemory<byte> Request(int row, string id, InputFault fault)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(body, AsItIs);
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteStartArray("inputs");
        for (var column = 0; column < _columns.Length; column++)
            WriteInput(json, _columns[column], _rows[row][column], fault);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    /// <summary>The same as a call of gRPC, its data raw.</summary>
    public ModelInferRequest Call(string model, int row, string id, InputFault fault)
    {
        var call = new ModelInferRequest { ModelName = model, Id = id };
        for (var column = 0; column < _columns.Length; column++)
        {
            var name = fault == InputFault.RenamedFeature && _columns[column] == Renamed ? RenamedTo : _columns[column];
            call.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = name, Datatype = Datatype(_columns[column]), Shape = { 1, 1 } });
            call.RawInputContents.Add(Raw(_columns[column], _rows[row][column], fault));
        }

        return call;
    }

    private static ByteString Raw(string column, string value, InputFault fault)
    {
        switch (Datatype(column))
        {
            case "BYTES":
                var text = Encoding.UTF8.GetBytes(value);
                return ByteString.CopyFrom([.. BitConverter.GetBytes(text.Length), .. text]);
            case "BOOL":
                return ByteString.CopyFrom(value == "true" ? (byte)1 : (byte)0);
            default:
                var number = float.Parse(value, CultureInfo.InvariantCulture);
                return ByteString.CopyFrom(BitConverter.GetBytes(fault == InputFault.UnitError && column == Rescaled ? number * UnitFactor : number));
        }
    }

    private static void WriteInput(Utf8JsonWriter json, string column, string value, InputFault fault)
    {
        var datatype = Datatype(column);
        json.WriteStartObject();
        json.WriteString("name", fault == InputFault.RenamedFeature && column == Renamed ? RenamedTo : column);
        json.WriteStartArray("shape");
        json.WriteNumberValue(1);
        json.WriteNumberValue(1);
        json.WriteEndArray();
        json.WriteString("datatype", datatype);
        json.WriteStartArray("data");
        if (datatype == "BYTES")
            json.WriteStringValue(value);
        else if (fault == InputFault.UnitError && column == Rescaled)
            json.WriteNumberValue(float.Parse(value, CultureInfo.InvariantCulture) * UnitFactor);
        else
            json.WriteRawValue(value);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Datatype(string column) => column switch
    {
        "salary_range" or "size_of_downpayment" => "BYTES",
        "repaid_loan_on_prev_car" => "BOOL",
        _ => "FP32",
    };
}
