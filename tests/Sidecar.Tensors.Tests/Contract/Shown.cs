using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Sidecar.Tensors.Tests.Contract;

/// <summary>A decoded message as text, so that two can be compared and a difference read.</summary>
internal static class Shown
{
    /// <summary>Everything that a message says, a line each.</summary>
    public static string Message(TensorMessage message, DecodeError error)
    {
        var text = new StringBuilder(error.ToString()).Append('\n');
        foreach (var (name, isThere, value) in ((string, bool, string)[])
            [
                ("id", message.HasId, Utf8(message.Id)), ("model", message.HasModelName, Utf8(message.ModelName)),
                ("version", message.HasModelVersion, Utf8(message.ModelVersion)), ("error", message.HasError, Utf8(message.Error)),
            ])
        {
            if (isThere)
                text.Append(name).Append(" = ").Append(value).Append('\n');
        }

        if (message.IsFinal)
            text.Append("final\n");
        for (var i = 0; i < message.RequestedCount; i++)
            text.Append("wants ").Append(Utf8(message.RequestedName(i))).Append(message.RequestedAsClasses(i) ? " as classes\n" : "\n");
        for (var i = 0; i < message.Count; i++)
            text.Append(Tensor(message, i)).Append('\n');
        return text.ToString();
    }

    /// <summary>The tensors, such as <c>age INT64 [2]: 31 42</c>.</summary>
    public static string[] Tensors(TensorMessage message) => [.. Enumerable.Range(0, message.Count).Select(i => Tensor(message, i))];

    /// <summary>One tensor.</summary>
    public static string Tensor(TensorMessage message, int i)
    {
        var tensor = message[i];
        var head = $"{Utf8(message.Name(i))} {tensor.DataType.Name()} [{string.Join(',', tensor.Shape.ToArray())}]";
        if (tensor.Error != DecodeError.None)
            return $"{head} {tensor.Error}";
        return $"{head}:{string.Concat(Elements(message, i).Select(element => " " + element))}{(tensor.NullCount > 0 ? $" ({tensor.NullCount} null)" : "")}";
    }

    private static IEnumerable<string> Elements(TensorMessage message, int i) => message[i].DataType switch
    {
        DataType.Bytes => OpenInference.Decoded.Texts(message, i),
        DataType.Bool => message.Data(i).ToArray().Select(value => value != 0 ? "true" : "false"),
        DataType.Int64 => Numbers<long>(message, i),
        DataType.UInt64 => Numbers<ulong>(message, i),
        DataType.Fp64 => Numbers<double>(message, i),
        DataType.Int32 => Numbers<int>(message, i),
        DataType.Int16 => Numbers<short>(message, i),
        DataType.Int8 => Numbers<sbyte>(message, i),
        DataType.UInt32 => Numbers<uint>(message, i),
        DataType.UInt16 => Numbers<ushort>(message, i),
        DataType.UInt8 => Numbers<byte>(message, i),
        DataType.Fp32 => Numbers<float>(message, i),
        _ => [Convert.ToHexString(message.Data(i))],
    };

    // Data that lies in a body may begin anywhere, so it is copied before it is read as numbers.
    private static string[] Numbers<T>(TensorMessage message, int i)
        where T : unmanaged, IFormattable =>
        [.. MemoryMarshal.Cast<byte, T>(message.Data(i).ToArray()).ToArray().Select(value => value.ToString(null, CultureInfo.InvariantCulture))];

    private static string Utf8(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);
}
