using Sidecar.Demo.Detection;

namespace Sidecar.Demo.Schedule;

/// <summary>One thing that the demo breaks.</summary>
/// <param name="Name">In a few words.</param>
/// <param name="Story">What happens, in a sentence.</param>
/// <param name="Symptom">The detector that must find it.</param>
/// <param name="Metric">Where a person finds it on <c>/metrics</c>.</param>
/// <param name="Break">Breaks it.</param>
/// <param name="Mend">Makes it whole again; harmless when it is.</param>
internal sealed record Breakage(
    string Name, string Story, Symptom Symptom, string Metric, Func<CancellationToken, Task> Break, Func<CancellationToken, Task> Mend);
