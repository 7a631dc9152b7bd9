using Sidecar.Configuration;
using Sidecar.Demo;
using Sidecar.Demo.Serving;
using Sidecar.Demo.Traffic;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Testing;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>A candidate beside real traffic: what it answers differently is counted, and a file that can't be used costs nobody a request.</summary>
public sealed class ShadowTests : IDisposable
{
    private const string Comparisons = "sidecar_shadow_comparisons_total";
    private const string Agreement = "sidecar_shadow_agreement_ratio";
    private const string Difference = "sidecar_shadow_difference_max";
    private const int Requests = 200;
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"sidecar-shadow-{Guid.NewGuid():N}.onnx");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task The_same_model_agrees_a_retrained_one_nearly_always_and_one_with_exchanged_inputs_does_not()
    {
        var same = await CompareAsync(DemoAssets.PrimaryModel());
        var retrained = await CompareAsync(DemoAssets.RetrainedModel());
        var swapped = await CompareAsync(DemoAssets.SwappedModel());

        Assert.Equal(Requests, same.Sum(Comparisons, ("result", "agree")));
        Assert.InRange(Assert.Single(same.Of(Difference)).Value, 0, 1e-4);
        Assert.InRange(retrained.Sum(Comparisons, ("result", "disagree")), 0, Requests * 0.05);
        Assert.InRange(swapped.Sum(Comparisons, ("result", "disagree")), Requests * 0.3, Requests);
        Assert.InRange(Assert.Single(retrained.Of(Agreement)).Value, 0.95, 1);
        Assert.InRange(Assert.Single(swapped.Of(Agreement)).Value, 0, 0.7);
        Assert.InRange(Assert.Single(swapped.Of(Difference)).Value, 0.1, 1);
    }

    [Theory]
    [InlineData("empty.onnx")]
    [InlineData("external-data-missing.onnx")]
    [InlineData("external-data-outside.onnx")]
    [InlineData("future-opset.onnx")]
    [InlineData("huge-output.onnx")]
    [InlineData("not-a-model.onnx")]
    [InlineData("truncated.onnx")]
    [InlineData("unknown-operator.onnx")]
    [InlineData("wrong-signature.onnx")]
    [InlineData("there-is-no-such-file.onnx")]
    public async Task A_file_that_cannot_be_used_counts_as_errors_and_the_traffic_flows(string file)
    {
        var bad = Path.Combine(Fixtures.Require("models", "bad"), file);
        await using var server = new FakeModelServer();
        await using var sidecar = await StartAsync(server.Port, bad);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        for (var i = 0; i < 10; i++)
            Assert.Equal(server.Answer, (await client.AskAsync(Adult())).Body);

        var series = await Series.UntilAsync(sidecar, 10, Comparisons, ("result", "error"));
        Assert.Equal(10, series.Sum(Comparisons));
        Assert.Empty(series.Of(Agreement)); // unknown, and so absent
        Assert.Equal(10, sidecar.Exchanges.Decoded);
    }

    [Fact]
    public async Task A_file_that_breaks_while_it_is_in_use_counts_as_errors_until_it_is_good_again()
    {
        var good = await File.ReadAllBytesAsync(Fixtures.Require("models", "adult", "primary.onnx"));
        var broken = await File.ReadAllBytesAsync(Fixtures.Require("models", "bad", "truncated.onnx"));
        await File.WriteAllBytesAsync(_file, good);
        await using var server = new FakeModelServer();
        await using var sidecar = await StartAsync(server.Port, _file);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        await AskUntilAsync(sidecar, client, series => series.Sum(Comparisons, ("result", "error")) == 0 && series.Sum(Comparisons) > 0);
        await File.WriteAllBytesAsync(_file, broken);
        await AskUntilAsync(sidecar, client, series => series.Sum(Comparisons, ("result", "error")) > 0);
        await File.WriteAllBytesAsync(_file, good);
        var before = (await Series.ScrapeAsync(sidecar)).Sum(Comparisons) - (await Series.ScrapeAsync(sidecar)).Sum(Comparisons, ("result", "error"));
        await AskUntilAsync(sidecar, client, series => series.Sum(Comparisons) - series.Sum(Comparisons, ("result", "error")) > before);
    }

    [Fact]
    public async Task A_shadow_that_answers_nan_disagrees_where_the_primary_has_a_number()
    {
        await using var server = new FakeModelServer();
        await using var sidecar = await StartAsync(server.Port, Fixtures.Require("models", "bad", "nan.onnx"));
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        var rows = File.ReadLines(Fixtures.Require("models", "adult", "rows.jsonl")).Take(Requests).ToList();

        foreach (var row in rows)
            await client.AskAsync(V2.Request(row));

        var series = await Series.UntilAsync(sidecar, rows.Count, Comparisons);
        Assert.InRange(series.Sum(Comparisons, ("result", "disagree")), 1, rows.Count);
        Assert.Equal(0, series.Sum(Comparisons, ("result", "error")));
    }

    private static ReadOnlyMemory<byte> Adult() => V2.Request(V2.Body(data: string.Join(',', Enumerable.Repeat("0", 108)), shape: "1,108"));

    private static async Task AskUntilAsync(RelayUnderTest sidecar, WireClient client, Func<Series, bool> condition)
    {
        using var deadline = new CancellationTokenSource(RelayUnderTest.Patience);
        while (!condition(await Series.ScrapeAsync(sidecar)))
        {
            deadline.Token.ThrowIfCancellationRequested();
            await client.AskAsync(Adult());
            await sidecar.SettledAsync();
        }
    }

    private static Task<RelayUnderTest> StartAsync(int port, string file) => RelayUnderTest.StartAsync(
        port, options => options with { Shadows = [new ShadowOptions { Name = "candidate", File = file, Rate = 1 }] });

    private async Task<Series> CompareAsync(byte[] candidate)
    {
        await File.WriteAllBytesAsync(_file, candidate);
        using var model = new OnnxModel("income", "1", DemoAssets.PrimaryModel());
        await using var server = await DemoModelServer.StartAsync(model, TimeProvider.System, TestContext.Current.CancellationToken);
        await using var sidecar = await StartAsync(server.Port, _file);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        var rows = DemoRows.Parse(DemoAssets.Rows());
        for (var i = 0; i < Requests; i++)
        {
            var body = System.Text.Encoding.UTF8.GetString(rows.Request(i, $"r{i}", InputFault.None).Span);
            Assert.Equal(200, (await client.AskAsync(V2.Request(body, path: "/v2/models/income/infer"))).Head.Status);
        }

        return await Series.UntilAsync(sidecar, Requests, Comparisons);
    }
}
