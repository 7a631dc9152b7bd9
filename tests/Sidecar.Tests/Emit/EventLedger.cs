using System.Collections.Concurrent;
using Sidecar.Model;
using Sidecar.Testing;

namespace Sidecar.Tests.Emit;

/// <summary>A book that counts.</summary>
internal sealed class EventLedger : IEventBook
{
    private readonly ConcurrentDictionary<string, int> _counts = new();

    public int this[string key] => _counts.GetValueOrDefault(key);

    public int DroppedInAll => _counts.Where(pair => pair.Key.StartsWith("dropped", StringComparison.Ordinal)).Sum(pair => pair.Value);

    public void Accepted(string type) => Add("accepted", 1);

    public void Persisted(string type, int count)
    {
        Add("persisted", count);
        Add("persisted " + type, count);
    }

    public void PossiblyPersisted(string type) => Add("possibly", 1);

    public void Dropped(string type, EventDropReason reason) => Add("dropped " + reason.Label(), 1);

    /// <summary>Waits until the book says so.</summary>
    public Task UntilAsync(string key, int count) => Waiting.UntilAsync(() => this[key] >= count, $"{key}: {count}", TimeSpan.FromMinutes(2));

    private void Add(string key, int count) => _counts.AddOrUpdate(key, count, (_, before) => before + count);
}
