using Sidecar.Capture;
using Sidecar.Model;
using Sidecar.Wire;

namespace Sidecar.Tests.Capture;

/// <summary>Counts what ends, looks at it, and gives it back at once.</summary>
internal sealed class CountingIntake : IExchangeIntake
{
    public CapturePool? Pool { get; set; }

    /// <summary>What to do with an exchange before it goes back; null: nothing.</summary>
    public Action<Exchange>? Look { get; set; }

    /// <summary>Keep exchanges instead of giving them back.</summary>
    public List<Exchange>? Kept { get; set; }

    public int Begun { get; private set; }

    public int Over { get; private set; }

    public Dictionary<DropReason, int> LostFor { get; } = [];

    public Dictionary<OpaqueReason, int> OpaqueFor { get; } = [];

    public void Began(int listener) => Begun++;

    public void Ended(Exchange exchange)
    {
        Over++;
        Look?.Invoke(exchange);
        if (Kept is null)
            Pool!.Return(exchange);
        else
            Kept.Add(exchange);
    }

    public void Lost(int listener, DropReason reason) => LostFor[reason] = LostFor.GetValueOrDefault(reason) + 1;

    public void WentOpaque(int listener, OpaqueReason reason) => OpaqueFor[reason] = OpaqueFor.GetValueOrDefault(reason) + 1;
}
