namespace Sidecar.Benchmarks.Http2;

/// <summary>Gives a connection's window back long before it is used up; the streams' own are wide enough for any body here.</summary>
internal struct ReceivedBytes
{
    private const int GiveBackAt = 1 << 30;
    private int _taken;

    /// <returns>A frame to send, or an empty one.</returns>
    public byte[] Take(int bytes)
    {
        _taken += bytes;
        if (_taken < GiveBackAt)
            return [];
        var update = Http2Frame.Bytes(Http2Frame.WindowUpdate, 0, 0, Http2Frame.Number(_taken));
        _taken = 0;
        return update;
    }
}
