using Sidecar.Analysis;
using Sidecar.Model;
using static Sidecar.Tests.Analysis.Messages;

namespace Sidecar.Tests.Analysis;

public sealed class FeatureWindowsTests
{
    private const long Second = 1_000_000_000;
    private const int Rows = 32;
    private static readonly ModelIdentity Model = new("m", "1", IdentitySource.Path);
    private readonly Random _random = new(11);
    private readonly FeatureWindows _windows = new(Side.Input, new DriftSettings(64, 0.1, 1, 200, TimeSpan.FromSeconds(1)));

    [Fact]
    public void Add_AnUnansweredRequestWhileLearning_TeachesNothing()
    {
        for (var i = 0; i < 1_000; i++)
            Assert.Null(_windows.Add(Of(Tensor($"invented{i}", "FP32", "1,1", "1")), mayTeach: false));
        Assert.Equal(Extraction.Complete, Add(Message(1, 1)));
    }

    [Fact]
    public void TryClose_BeforeTheBurnIn_JudgesNothing()
    {
        for (var i = 0; i < 63; i++)
            Add(Message(1, 1));
        Assert.Null(_windows.TryClose(1000 * Second, Model));
        Add(Message(1, 1));
        Assert.Null(_windows.TryClose(1001 * Second, Model)); // learned here; the first window begins
        Assert.Null(_windows.TryClose(1002 * Second, Model));
        Assert.Equal(1, _windows.Results(DriftResult.Insufficient));
    }

    [Fact]
    public void TryClose_WindowsOfTheSameTraffic_AreGoodAndAShiftIsATicketOfThatFeature()
    {
        Learn();
        for (var window = 1; window <= 10; window++)
        {
            Add(20, 1, 1);
            Assert.Equal(DriftResult.Good, _windows.TryClose(window * Second, Model)!.Result);
        }

        Add(20, 1, 100);
        var report = _windows.TryClose(11 * Second, Model)!;
        Assert.Equal(DriftResult.Ticket, report.Result);
        Assert.Equal(["x[1]"], report.Features.Where(feature => feature.Result == DriftResult.Ticket).Select(feature => feature.Feature));
        Assert.Equal((640, Side.Input), (report.Rows, report.Side));
        Assert.Equal((10, 11), (report.Start.ToUnixTimeSeconds(), report.End.ToUnixTimeSeconds()));

        Add(20, 1, 1);
        Assert.Equal(DriftResult.Good, _windows.TryClose(12 * Second, Model)!.Result); // each window stands for itself
    }

    [Fact]
    public void TryClose_TooFewRows_GoOnIntoTheNextWindow()
    {
        Learn();
        Add(3, 1, 1);
        Assert.Null(_windows.TryClose(1 * Second, Model));
        Add(4, 1, 1);
        var report = _windows.TryClose(2 * Second, Model)!;

        Assert.Equal((7 * Rows, 0), (report.Rows, report.Start.ToUnixTimeSeconds()));
        Assert.Equal((1, 1), (_windows.Results(DriftResult.Insufficient), _windows.Results(DriftResult.Good)));
    }

    [Fact]
    public void TryClose_ATensorThatIsGone_IsAMissingFeature()
    {
        Learn();
        for (var i = 0; i < 640; i++)
            Assert.Equal(Extraction.Failed, Add(Of(Tensor("renamed", "FP32", "1,2", "1,2"))));
        var report = _windows.TryClose(Second, Model)!;
        Assert.All(report.Features, feature => Assert.Equal((DriftResult.Ticket, "missing"), (feature.Result, feature.Cause)));
    }

    [Fact]
    public void Add_ATextFeature_IsHeldAgainstItsCategories()
    {
        string[] learned = ["red", "green", "blue"];
        for (var i = 0; i < 64; i++)
            AddTexts(() => learned[_random.Next(3)]);
        Assert.Null(_windows.TryClose(0, Model));
        for (var i = 0; i < 20; i++)
            AddTexts(() => learned[_random.Next(3)]);
        Assert.Equal(DriftResult.Good, _windows.TryClose(Second, Model)!.Result);
        for (var i = 0; i < 20; i++)
            AddTexts(() => "violet");
        Assert.Equal(DriftResult.Ticket, _windows.TryClose(2 * Second, Model)!.Result);

        void AddTexts(Func<string> next) =>
            Add(Of(Tensor("colour", "BYTES", $"{Rows}", string.Join(',', Enumerable.Range(0, Rows).Select(_ => $"\"{next()}\"")))));
    }

    [Fact]
    public void Add_AnInputThatCameSeldomWhileLearning_IsNoFeature()
    {
        for (var i = 0; i < 64; i++)
            Add(i == 0 ? Of(Tensor("x", "FP32", $"{Rows},2", Messages.Rows(_random, Rows, 1, 1)), Tensor("once", "FP32", "1", "1")) : Message(1, 1));
        Assert.Null(_windows.TryClose(0, Model));
        Assert.Equal(Extraction.Complete, Add(Message(1, 1)));
        Add(20, 1, 1);
        Assert.Equal(["x[0]", "x[1]"], _windows.TryClose(Second, Model)!.Features.Select(feature => feature.Feature));
    }

    [Fact]
    public void Add_MoreTextsInARowThanCanBeWatched_LeavesThatTensorOut()
    {
        for (var i = 0; i < 64; i++)
            Assert.Equal(Extraction.Failed, Add(Of(Tensor("texts", "BYTES", "1,257", string.Join(',', Enumerable.Repeat("\"a\"", 257))))));
        Assert.Null(_windows.TryClose(0, Model));
        Assert.Null(_windows.TryClose(10 * Second, Model));
        Assert.Null(_windows.Latest);
    }

    private void Learn()
    {
        Add(64, 1, 1);
        Assert.Null(_windows.TryClose(0, Model));
    }

    private void Add(int messages, params double[] factors)
    {
        for (var i = 0; i < messages; i++)
            Assert.Equal(Extraction.Complete, Add(Message(factors)));
    }

    private Sidecar.Tensors.TensorMessage Message(params double[] factors) =>
        Of(Tensor("x", "FP32", $"{Rows},{factors.Length}", Messages.Rows(_random, Rows, factors)));

    private Extraction? Add(Tensors.TensorMessage message) => _windows.Add(message, mayTeach: true);
}
