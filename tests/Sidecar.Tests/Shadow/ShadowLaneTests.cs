using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Sidecar.Configuration;
using Sidecar.Model;
using Sidecar.Shadow;
using Sidecar.Tensors;

namespace Sidecar.Tests.Shadow;

/// <summary>How a lane works its queue off; with a file that can't be used, so that each job counts as an error.</summary>
public sealed class ShadowLaneTests
{
    private static readonly ModelIdentity Model = new("m", "1", IdentitySource.Path);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Work_scores_all_that_waits_at_once()
    {
        using var lane = Lane();
        Offer(lane, 50);
        Assert.True(lane.Work());
        Assert.Equal(50, Assert.Single(lane.Tallies).Value.Results(ShadowResult.Error));
        Assert.False(lane.Work());
    }

    [Fact]
    public void Work_ends_after_a_while_so_that_a_stop_need_not_wait_for_the_queue()
    {
        _time.AutoAdvanceAmount = TimeSpan.FromMilliseconds(20); // each look at the clock
        using var lane = Lane();
        Offer(lane, 50);
        Assert.True(lane.Work());
        Assert.InRange(Assert.Single(lane.Tallies).Value.Results(ShadowResult.Error), 1, 10);
        while (lane.Work())
        {
        }

        Assert.Equal(50, Assert.Single(lane.Tallies).Value.Results(ShadowResult.Error));
    }

    [Fact]
    public void Offer_drops_what_the_queue_has_no_room_for_and_counts_it()
    {
        using var lane = Lane();
        Offer(lane, 300);
        while (lane.Work())
        {
        }

        var tally = Assert.Single(lane.Tallies).Value;
        Assert.Equal((256, 44), (tally.Results(ShadowResult.Error), tally.Results(ShadowResult.Dropped)));
    }

    private ShadowLane Lane() =>
        new(new ShadowOptions { Name = "candidate", File = "/nowhere/candidate.onnx", Rate = 1 }, _ => { }, _time, NullLogger.Instance);

    private static void Offer(ShadowLane lane, int jobs)
    {
        var record = new InferenceRecord(Model) { Model = Model };
        for (var i = 0; i < jobs; i++)
        {
            record.Begin();
            OpenInferenceJson.DecodeRequest("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}]}"""u8, record.Request);
            OpenInferenceJson.DecodeResponse("""{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[2]}]}"""u8, record.Response);
            record.HasRequest = record.HasResponse = true;
            lane.Offer(record, new Exchange());
        }
    }
}
