using System.Buffers.Binary;
using System.Text;

namespace Sidecar.Benchmarks.Bodies;

/// <summary>
/// ModelInfer of the V2 protocol as gRPC messages: the five bytes of the frame (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md)
/// and the protobuf fields of grpc_service.proto, values as raw little-endian bytes. No id: h2load sends one body, and a repeated id is a retry.
/// </summary>
internal static class GrpcMessages
{
    public static byte[] Request(int values) => Frame(
    [
        .. Text(1, "m"),
        .. Text(2, "1"),
        .. Field(5, [.. Text(1, "x"), .. Text(2, "FP32"), .. Field(3, [.. Varint(1), .. Varint(values)])]),
        .. Field(7, Raw(values)),
    ]);

    public static byte[] Answer(int values) => Frame(
    [
        .. Text(1, "m"),
        .. Text(2, "1"),
        .. Field(5, [.. Text(1, "p"), .. Text(2, "FP32"), .. Field(3, [.. Varint(1), .. Varint(values)])]),
        .. Field(6, Raw(values)),
    ]);

    private static byte[] Frame(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private static byte[] Raw(int values)
    {
        var random = new Random(20_240_517);
        var raw = new byte[values * sizeof(float)];
        for (var i = 0; i < values; i++)
            BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * sizeof(float)), V2Json.Normal(random));
        return raw;
    }

    private static byte[] Text(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    // All fields here are length-delimited: wire type 2.
    private static byte[] Field(int number, byte[] content) => [(byte)((number << 3) | 2), .. Varint(content.Length), .. content];

    private static byte[] Varint(int value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
