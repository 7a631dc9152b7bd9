using Sidecar.Demo.Detection;

namespace Sidecar.Tests.Demo;

public sealed class DetectorPanelTests
{
    private readonly DetectorPanel _panel = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1), driftDelta: 0.1);
    private readonly SyntheticSidecar _sidecar = new();

    [Fact]
    public void Observe_QuietTraffic_NobodyFiresForAnHour()
    {
        Observe(20);
        for (var scrape = 0; scrape < 7200; scrape++)
        {
            _panel.Observe(_sidecar.Next());
            Assert.All(_panel.Readings, reading => Assert.Equal(DetectorState.Quiet, reading.State));
        }
    }

    [Fact]
    public void Observe_NoReferenceYet_EverybodyLearns()
    {
        _sidecar.Drift = null;
        Observe(40);
        Assert.All(_panel.Readings, reading => Assert.Equal(DetectorState.Learning, reading.State));
        _sidecar.Drift = 0.01;
        Observe(10);
        Assert.All(_panel.Readings, reading => Assert.Equal(DetectorState.Quiet, reading.State));
    }

    [Fact]
    public void Observe_SlowStart_IsNotTakenForNormal()
    {
        (_sidecar.Drift, _sidecar.LatencySeconds) = (null, 0.8);
        Observe(10);
        (_sidecar.Drift, _sidecar.LatencySeconds) = (0, 0.006);
        Observe(12);
        _sidecar.LatencySeconds = 0.3;
        Observe(10);
        Assert.Equal([Symptom.Latency], Firing());
    }

    [Fact]
    public void Observe_ContractViolations_FiresContractWithTheFeature() =>
        FiresAndClears(Symptom.Contract, () => _sidecar.ViolationRate = 1, () => _sidecar.ViolationRate = 0, "missing loan_length");

    [Fact]
    public void Observe_DriftAboveDelta_FiresDriftWithTheFeature() =>
        FiresAndClears(Symptom.Drift, () => _sidecar.Drift = 0.4, () => _sidecar.Drift = 0.01, "input a");

    [Fact]
    public void Observe_Disagreement_FiresAgreement() =>
        FiresAndClears(Symptom.Agreement, () => _sidecar.DisagreementRate = 0.15, () => _sidecar.DisagreementRate = 0.012, "candidate agrees");

    [Fact]
    public void Observe_SlowModel_FiresLatency() =>
        FiresAndClears(Symptom.Latency, () => _sidecar.LatencySeconds = 0.306, () => _sidecar.LatencySeconds = 0.006, "p90");

    [Fact]
    public void Observe_Failures_FiresSuccess() =>
        FiresAndClears(Symptom.Success, () => _sidecar.FailureRate = 0.3, () => _sidecar.FailureRate = 0, "succeeded");

    [Fact]
    public void Observe_MildRetrain_KeepsAgreementQuiet()
    {
        Observe(20);
        _sidecar.DisagreementRate = 0.025;
        Observe(100);
        Assert.Empty(Firing());
    }

    [Fact]
    public void Observe_OneSlowScrape_KeepsLatencyQuiet()
    {
        Observe(20);
        _sidecar.LatencySeconds = 1;
        Observe(1);
        _sidecar.LatencySeconds = 0.006;
        for (var scrape = 0; scrape < 10; scrape++)
        {
            Observe(1);
            Assert.Empty(Firing());
        }
    }

    [Fact]
    public void Observe_NoTraffic_IsUnknownAndNotQuiet()
    {
        Observe(20);
        (_sidecar.RequestsPerScrape, _sidecar.Drift) = (0, null);
        Observe(10);
        Assert.All(_panel.Readings, reading => Assert.Equal(DetectorState.Unknown, reading.State));
    }

    private void FiresAndClears(Symptom symptom, Action breakIt, Action mendIt, string evidence)
    {
        Observe(20);
        Assert.Empty(Firing());
        breakIt();
        Observe(8);
        Assert.Equal([symptom], Firing());
        Assert.Contains(evidence, _panel.Readings.Single(reading => reading.Symptom == symptom).Evidence, StringComparison.Ordinal);
        mendIt();
        Observe(8);
        Assert.Empty(Firing());
    }

    private void Observe(int scrapes)
    {
        for (var scrape = 0; scrape < scrapes; scrape++)
            _panel.Observe(_sidecar.Next());
    }

    private IEnumerable<Symptom> Firing() =>
        _panel.Readings.Where(reading => reading.State == DetectorState.Firing).Select(reading => reading.Symptom);
}
