using CsCheck;
using Sidecar.Accounting;
using Sidecar.Model;

namespace Sidecar.Tests.Accounting;

public sealed class EventBookTests
{
    [Fact]
    public void Imbalance_AnyEvents_IsZeroAndOneLeftOutIsOne() => Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 99]).Array[1, 200].Sample(events =>
    {
        var book = new EventBook();
        long pending = 0;
        foreach (var (type, way, reason) in events)
        {
            var name = $"type-{type}";
            book.Accepted(name);
            if (way == 0)
                book.Persisted(name, 1);
            else if (way == 1)
                book.Dropped(name, (EventDropReason)(reason % Labels<EventDropReason>.Count));
            else
                pending++;
        }

        Assert.Equal(0, book.Imbalance(() => pending));
        Assert.Equal(events.Length, book.Terms().Where(term => term.Stage == "accepted").Sum(term => term.Count));
        book.Accepted("type-0");
        Assert.Equal(1, book.Imbalance(() => pending));
    });
}
