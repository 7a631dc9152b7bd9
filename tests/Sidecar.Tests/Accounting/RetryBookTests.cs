using System.Text;
using Microsoft.Extensions.Time.Testing;
using Sidecar.Accounting;
using Sidecar.Model;
using Sidecar.Testing;

namespace Sidecar.Tests.Accounting;

public sealed class RetryBookTests
{
    private static readonly ModelIdentity Model = new("m", "1", IdentitySource.Response);
    private readonly FakeTimeProvider _time = new();
    private readonly RetryBook _book;

    public RetryBookTests() => _book = new RetryBook(_time);

    [Fact]
    public void Own_count_of_attempts_tells_a_retry()
    {
        Assert.True(Note("", previous: 2).IsRetry);
        Assert.False(Note("", previous: 0).IsRetry);
        Assert.Equal([(Model, RetrySource.AttemptCount, 1L)], _book.Totals());
    }

    [Fact]
    public void Same_id_on_the_same_path_within_the_window_is_a_retry()
    {
        Assert.False(Note("a").IsRetry);
        Assert.False(Note("b").IsRetry);
        Assert.False(Note("a", path: "/other").IsRetry);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.True(Note("a").IsRetry);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.True(Note("a").IsRetry);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.False(Note("a").IsRetry);
        Assert.Equal([(Model, RetrySource.RequestId, 2L)], _book.Totals());
    }

    [Fact]
    public void Requests_without_an_id_are_no_retries_of_each_other()
    {
        Assert.False(Note("").IsRetry);
        Assert.False(Note("").IsRetry);
    }

    [Fact]
    public void Constant_instead_of_an_id_tells_nothing()
    {
        for (var i = 0; i < 100; i++)
            Note("my-request");
        Assert.Equal(15, _book.Totals().Single().Count);
    }

    [Fact]
    public void Million_ids_take_no_more_room_and_are_no_retries()
    {
        for (var i = 0; i < 1000; i++)
            Note($"warm-{i}");
        var exchange = new Exchange();
        exchange.SetPath("/p"u8);
        var id = new byte[8];
        var next = 0L;
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 1_000_000; i++)
            {
                BitConverter.TryWriteBytes(id, next++ * 7919);
                _book.Note(exchange, Model, id);
            }
        }));
        Assert.Empty(_book.Totals());
    }

    private Exchange Note(string id, int previous = 0, string path = "/v2/models/m/infer")
    {
        var exchange = new Exchange { PreviousAttempts = previous };
        exchange.SetPath(Encoding.ASCII.GetBytes(path));
        _book.Note(exchange, Model, Encoding.ASCII.GetBytes(id));
        return exchange;
    }
}
