using System.Globalization;
using Sidecar.Demo.Detection;
using Sidecar.Demo.Schedule;

namespace Sidecar.Demo.Screen;

/// <summary>Words that both screens and the summary share.</summary>
internal static class Phrases
{
    public static string Of(Symptom symptom) => symptom switch
    {
        Symptom.Success => "success",
        Symptom.Latency => "latency p90",
        Symptom.Contract => "contract violations",
        Symptom.Drift => "drift (lower bound)",
        _ => "shadow agreement",
    };

    public static string Of(DetectorState state) => state switch
    {
        DetectorState.Learning => "learning",
        DetectorState.Unknown => "no data",
        DetectorState.Quiet => "quiet",
        _ => "FIRING",
    };

    public static string Phase(DemoView view) => view.Phase switch
    {
        DemoPhase.Learning => "nothing is broken; learning what is normal",
        DemoPhase.Broken => $"BROKEN: {view.Current!.Name} – {view.Current.Story}",
        DemoPhase.Recovering => $"mended: {view.Current!.Name}; waiting for quiet",
        _ => "done",
    };

    public static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
