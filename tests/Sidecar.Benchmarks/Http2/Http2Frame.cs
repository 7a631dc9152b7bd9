using System.Buffers.Binary;
using System.Text;

namespace Sidecar.Benchmarks.Http2;

/// <summary>The header of a frame (RFC 9113, 4.1) and the few frames that both ends of the benchmark write.</summary>
internal readonly record struct Http2Frame(int Length, byte Type, byte Flags, int Stream)
{
    public const int HeaderLength = 9;

    /// <summary>What either side may send as long as nobody allows more (SETTINGS_MAX_FRAME_SIZE).</summary>
    public const int MaxPayload = 16_384;

    /// <summary>The window that both directions begin with, of a connection and of a stream.</summary>
    public const int InitialWindow = 65_535;

    public const byte Data = 0, Headers = 1, ResetStream = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8;
    public const byte EndStream = 1, Ack = 1, EndHeaders = 4;
    public const int SettingMaxConcurrentStreams = 3, SettingInitialWindow = 4;

    public static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Settings and a window update that take all that may be sent: neither end ever waits for the other to read.</summary>
    public static byte[] WideOpen { get; } =
    [
        .. Bytes(Settings, 0, 0, [0, SettingInitialWindow, 0x7F, 0xFF, 0xFF, 0xFF]),
        .. Bytes(WindowUpdate, 0, 0, Number(int.MaxValue - InitialWindow)),
    ];

    public static byte[] SettingsAck { get; } = Bytes(Settings, Ack, 0, []);

    public bool EndsStream => Type is Data or Headers && (Flags & EndStream) != 0;

    public bool IsAck => (Flags & Ack) != 0;

    public static Http2Frame Read(ReadOnlySpan<byte> header) =>
        new((header[0] << 16) | (header[1] << 8) | header[2], header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header[5..]) & int.MaxValue);

    public static void Write(Span<byte> header, int length, byte type, byte flags, int stream)
    {
        BinaryPrimitives.WriteInt32BigEndian(header, length << 8);
        header[3] = type;
        header[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(header[5..], stream);
    }

    public static byte[] Bytes(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeaderLength + payload.Length];
        Write(frame, payload.Length, type, flags, stream);
        payload.CopyTo(frame.AsSpan(HeaderLength));
        return frame;
    }

    /// <summary>Where each of some frames starts.</summary>
    public static int[] Starts(ReadOnlySpan<byte> frames)
    {
        List<int> starts = [];
        for (var at = 0; at < frames.Length; at += HeaderLength + Read(frames[at..]).Length)
            starts.Add(at);
        return [.. starts];
    }

    /// <summary>Makes frames those of another stream.</summary>
    public static void SetStream(Span<byte> frames, ReadOnlySpan<int> starts, int stream)
    {
        foreach (var start in starts)
            BinaryPrimitives.WriteInt32BigEndian(frames[(start + 5)..], stream);
    }

    public static byte[] Number(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>A header field without entry in a table (RFC 7541, 6.2.2), so that no end keeps state.</summary>
    /// <param name="staticName">Index of the name in the static table, at most 14 or 31; 0 spells it out.</param>
    public static byte[] Field(int staticName, string name, string value)
    {
        byte[] start = staticName switch
        {
            0 => [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name)],
            < 15 => [(byte)staticName],
            _ => [15, (byte)(staticName - 15)],
        };
        return [.. start, (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
    }
}
