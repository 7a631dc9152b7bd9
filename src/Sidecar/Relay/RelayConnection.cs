using Sidecar.Model;

namespace Sidecar.Relay;

/// <summary>One direction of a relayed connection.</summary>
internal struct Half
{
    /// <summary>Bytes read from the source that the destination would not take yet; null when there are none.</summary>
    public byte[]? Pending;
    public int PendingStart;
    public int PendingLength;

    /// <summary>The last read filled the buffer, and the destination took all of it: there is more where that came from.</summary>
    public bool Bulk;

    /// <summary>The source may have bytes: set by an event, cleared by a read that drained it (edge-triggered readiness).</summary>
    public bool Readable;

    /// <summary>The source said that it ends or failed, so a short read does not mean that it is drained.</summary>
    public bool Hangup;

    /// <summary>The source's orderly end was read.</summary>
    public bool Ended;

    /// <summary>The destination can't be written to any more; what the source still sends has nowhere to go.</summary>
    public bool Broken;

    /// <summary>Nothing more will go this way.</summary>
    public readonly bool Finished => Broken || (Ended && PendingLength == 0);
}

/// <summary>A client's connection and ours to the upstream, owned by one relay thread and reused from its pool.</summary>
internal sealed class RelayConnection(int slot)
{
    /// <summary>The place in its thread's table.</summary>
    public readonly int Slot = slot;

    /// <summary>Changes whenever the slot is freed, so that an event of an earlier connection is recognised as stale.</summary>
    public uint Generation;

    public int Client;
    public int Upstream;
    public int Listener;
    public bool Open;
    public bool Connecting;
    public bool Queued;

    /// <summary>When a byte was last read from either side, or it was accepted.</summary>
    public long LastActive;
    public Half FromClient;
    public Half FromUpstream;
    public IConnectionTap? Tap;

    public ulong Key(bool upstream) => ((ulong)Generation << 32) | ((uint)Slot << 1) | (upstream ? 1u : 0u);

    /// <summary>True while bytes, a dial or an exchange are under way, or nobody watches and so nobody can tell.</summary>
    public bool IsBusy => Connecting || FromClient.PendingLength > 0 || FromUpstream.PendingLength > 0 || Tap is not { IsBusy: false };
}
