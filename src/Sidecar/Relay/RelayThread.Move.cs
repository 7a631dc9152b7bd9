using System.Runtime.InteropServices;
using Sidecar.Model;
using Sidecar.Relay.Native;

namespace Sidecar.Relay;

/// <content>Moving bytes: read, write, and only then show them to the tap.</content>
internal sealed unsafe partial class RelayThread
{
    /// <summary>Moves what can be moved both ways, then ends the connection when both ways are finished.</summary>
    private void Move(RelayConnection connection)
    {
        if (!Pump(connection, ref connection.FromClient, connection.Client, connection.Upstream, fromClient: true)
            || !Pump(connection, ref connection.FromUpstream, connection.Upstream, connection.Client, fromClient: false))
            return;
        if (!connection.FromUpstream.Finished || !connection.FromClient.Finished)
            return;
        if (connection.FromUpstream.Broken)
            End(connection, ConnectionEnd.ClientReset, reset: true);
        else if (connection.FromClient.Broken)
            End(connection, ConnectionEnd.UpstreamReset, reset: true);
        else
            End(connection, ConnectionEnd.Closed, reset: false);
    }

    /// <returns>False when the connection was ended.</returns>
    private bool Pump(RelayConnection connection, ref Half half, int source, int destination, bool fromClient)
    {
        if (half.PendingLength > 0)
        {
            if (!Flush(ref half, destination))
                return true;
            if (!fromClient)
                ClientStalled(connection, stalled: false);
        }

        for (var turn = 0; half.Readable && !half.Ended && !half.Broken && half.PendingLength == 0; turn++)
        {
            if (turn == ReadsPerTurn)
            {
                if (!connection.Queued)
                {
                    connection.Queued = true;
                    _again.Enqueue(connection);
                }

                return true;
            }

            var most = half.Bulk && _bulkPending < MostBulkPending ? BulkBufferSize : BufferSize;
            var count = (int)Libc.Receive(source, _read, (nuint)most, 0);
            if (count > 0)
            {
                var timestamp = connection.LastActive = _time.GetTimestamp();
                Forward(ref half, destination, count);
                _counters[connection.Listener].Relayed(fromClient, count);
                if (!fromClient && half.PendingLength > 0)
                    ClientStalled(connection, stalled: true);
                Show(connection, count, timestamp, fromClient);
                half.Bulk = count >= BufferSize && half.PendingLength == 0;
                if (count < most && !half.Hangup)
                    half.Readable = false; // a short read drained a stream socket (epoll(7)); the next byte is a new edge
            }
            else if (count == 0)
            {
                if (OtherWayBroken(connection, fromClient))
                {
                    // A failed write took the socket's error with it: this end is that reset, not an orderly close.
                    End(connection, fromClient ? ConnectionEnd.ClientReset : ConnectionEnd.UpstreamReset, reset: true);
                    return false;
                }

                half.Ended = true;
                Closed(connection, fromClient);
                if (!half.Broken)
                    _ = Libc.Shutdown(destination, Libc.SHUT_WR);
            }
            else
            {
                var error = Marshal.GetLastPInvokeError();
                if (error == Libc.EAGAIN)
                {
                    half.Readable = false;
                }
                else if (error != Libc.EINTR)
                {
                    // The source is gone. What it had sent before was read first, and is offered once more to a slow peer.
                    End(connection, Gone(fromClient, timedOut: error == Libc.ETIMEDOUT), reset: true);
                    return false;
                }
            }
        }

        return true;
    }

    private static ConnectionEnd Gone(bool client, bool timedOut) => (client, timedOut) switch
    {
        (true, false) => ConnectionEnd.ClientReset,
        (true, true) => ConnectionEnd.ClientTimedOut,
        (false, false) => ConnectionEnd.UpstreamReset,
        (false, true) => ConnectionEnd.UpstreamTimedOut,
    };

    private static bool OtherWayBroken(RelayConnection connection, bool fromClient) =>
        fromClient ? connection.FromUpstream.Broken : connection.FromClient.Broken;

    /// <summary>Writes the bytes just read; what the destination would not take is kept.</summary>
    private void Forward(ref Half half, int destination, int count)
    {
        var sent = 0;
        while (sent < count)
        {
            var written = (int)Libc.Send(destination, _read + sent, (nuint)(count - sent), Libc.MSG_NOSIGNAL);
            if (written >= 0)
            {
                sent += written;
                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error == Libc.EINTR)
                continue;
            if (error != Libc.EAGAIN)
            {
                // The destination no longer reads; it may have answered already, so the other way goes on to its own end.
                half.Broken = true;
                return;
            }

            half.PendingStart = 0;
            half.PendingLength = count - sent;
            half.Pending = RentPending(half.PendingLength);
            _buffer.AsSpan(sent, half.PendingLength).CopyTo(half.Pending);
            return;
        }
    }

    /// <returns>True when nothing is pending any more.</returns>
    private bool Flush(ref Half half, int destination)
    {
        fixed (byte* pending = half.Pending)
        {
            while (half.PendingLength > 0)
            {
                var written = (int)Libc.Send(destination, pending + half.PendingStart, (nuint)half.PendingLength, Libc.MSG_NOSIGNAL);
                if (written >= 0)
                {
                    half.PendingStart += written;
                    half.PendingLength -= written;
                    continue;
                }

                var error = Marshal.GetLastPInvokeError();
                if (error == Libc.EINTR)
                    continue;
                if (error == Libc.EAGAIN)
                    return false;
                half.Broken = true;
                half.PendingLength = 0;
            }
        }

        Spare(ref half);
        return true;
    }

    private void Show(RelayConnection connection, int count, long timestamp, bool fromClient)
    {
        if (connection.Tap is not { } tap)
            return;
        try
        {
            var bytes = new ReadOnlySpan<byte>(_read, count);
            if (fromClient)
                tap.OnClientBytes(bytes, timestamp);
            else
                tap.OnUpstreamBytes(bytes, timestamp);
        }
        catch (Exception failure)
        {
            Detach(connection, failure);
        }
    }

    private void ClientStalled(RelayConnection connection, bool stalled)
    {
        if (connection.Tap is not { } tap)
            return;
        try
        {
            if (stalled)
                tap.OnClientStalled(_time.GetTimestamp());
            else
                tap.OnClientResumed(_time.GetTimestamp());
        }
        catch (Exception failure)
        {
            Detach(connection, failure);
        }
    }

    private void Closed(RelayConnection connection, bool fromClient)
    {
        if (connection.Tap is not { } tap)
            return;
        try
        {
            if (fromClient)
                tap.OnClientClosed(_time.GetTimestamp());
            else
                tap.OnUpstreamClosed(_time.GetTimestamp());
        }
        catch (Exception failure)
        {
            Detach(connection, failure);
        }
    }

    private void Detach(RelayConnection connection, Exception failure)
    {
        var tap = connection.Tap;
        connection.Tap = null;
        _taps.TapFailed(connection.Listener, tap, failure);
    }

    private byte[] RentPending(int length)
    {
        if (length <= BufferSize)
            return _spare.TryPop(out var spare) ? spare : GC.AllocateUninitializedArray<byte>(BufferSize);
        _bulkPending++;
        return _bulkSpare.TryPop(out var bulk) ? bulk : GC.AllocateUninitializedArray<byte>(BulkBufferSize);
    }

    private void Spare(ref Half half)
    {
        if (half.Pending is not { } buffer)
            return;
        half.Pending = null;
        var isBulk = buffer.Length == BulkBufferSize;
        if (isBulk)
            _bulkPending--;
        var spares = isBulk ? _bulkSpare : _spare;
        if (spares.Count < (isBulk ? 8 : 64))
            spares.Push(buffer);
    }
}
