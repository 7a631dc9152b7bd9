using Sidecar.Tests.Configuration;
using Sidecar.Tests.Layering;

namespace Sidecar.Tests;

/// <summary>Dependencies point one way: C# can't forbid cycles between folders, so the sources are scanned.</summary>
public class LayeringTests
{
    private static readonly (string Path, string Text)[] Sound =
    [
        ("SidecarApplication.cs", "namespace Sidecar; using Sidecar.Relay; class SidecarApplication { Relay.Pump pump; }"),
        ("DataPath.cs", "namespace Sidecar; class DataPath { enum Running { } }"),
        ("Relay/Pump.cs", "using Sidecar.Model; using Sidecar.Wire; using Sidecar.Configuration; namespace Sidecar.Relay; class Pump { RelayOptions Capture; }"),
        ("Capture/Ring.cs", "namespace Sidecar.Capture; class Ring { Model.Exchange head; bool Running; }"),
        ("Model/Exchange.cs", "using Sidecar.Tensors; namespace Sidecar.Model; record Exchange;"),
        ("Configuration/Options.cs", "namespace Sidecar.Configuration; record Options { int Capture; }"),
        ("Demo/Load/Demo.cs", "namespace Sidecar.Demo.Load; class Demo { SidecarApplication app; }"),
        ("Commands/Verbs.cs", "// using Sidecar.Relay; like DataPath\nnamespace Sidecar.Commands; class Verbs { string s = \"Sidecar.Relay\"; /* Relay.Pump */ }"),
    ];

    [Fact]
    public void The_program_keeps_to_its_layers()
    {
        var root = Path.Combine(Baseline.RepositoryRoot, "src", "Sidecar");
        var sources = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(file => (Path: Path.GetRelativePath(root, file).Replace('\\', '/'), Text: File.ReadAllText(file)))
            .Where(source => !source.Path.StartsWith("bin/", StringComparison.Ordinal) && !source.Path.StartsWith("obj/", StringComparison.Ordinal))
            .ToArray();
        Assert.True(sources.Length > 20, "the scan found hardly any source");
        Assert.Empty(LayerScanner.Violations(sources));
    }

    [Fact]
    public void Sound_sources_have_no_violation() => Assert.Empty(LayerScanner.Violations(Sound));

    [Theory]
    [InlineData("Relay/Bad.cs", "using Sidecar.Capture; namespace Sidecar.Relay;", "Relay/Bad.cs uses Capture")]
    [InlineData("Relay/Bad.cs", "global using static Sidecar.Capture.Ring; namespace Sidecar.Relay;", "Relay/Bad.cs uses Capture")]
    [InlineData("Relay/Bad.cs", "using R = Sidecar.Capture.Ring; namespace Sidecar.Relay;", "Relay/Bad.cs uses Capture")]
    [InlineData("Relay/Bad.cs", "namespace Sidecar.Relay; class B { global::Sidecar.Capture.Ring r; }", "Relay/Bad.cs uses Capture")]
    [InlineData("Relay/Bad.cs", "namespace Sidecar.Relay; class B { Sidecar . Capture.Ring r; }", "Relay/Bad.cs uses Capture")]
    [InlineData("Relay/Bad.cs", "namespace Sidecar.Relay; class B { Capture.Ring r; }", "Relay/Bad.cs uses Capture")]
    [InlineData("Relay/Bad.cs", "namespace Sidecar.Relay; class B { string s = $\"{Capture.Ring.Size}\"; }", "Relay/Bad.cs uses Capture")]
    [InlineData("Relay/Bad.cs", "namespace Sidecar.Relay; class B { string u = \"http://\"; Capture.Ring r; }", "Relay/Bad.cs uses Capture")]
    [InlineData("Relay/Deep/Bad.cs", "using Sidecar.Capture; namespace Sidecar.Relay.Deep;", "Relay/Deep/Bad.cs uses Capture")]
    [InlineData("Relay/Bad.cs", "namespace Sidecar.Relay; class B { DataPath path; }", "Relay/Bad.cs uses DataPath")]
    [InlineData("Relay/Bad.cs", "namespace Sidecar.Relay; class B { Sidecar.DataPath path; }", "Relay/Bad.cs uses DataPath")]
    [InlineData("Demo/Bad.cs", "namespace Sidecar.Demo; class B { DataPath path; }", "Demo/Bad.cs uses DataPath")]
    [InlineData("Demo/Bad.cs", "using Sidecar.Relay; namespace Sidecar.Demo;", "Demo/Bad.cs uses Relay")]
    [InlineData("Commands/Bad.cs", "using Sidecar.Relay; namespace Sidecar.Commands;", "Commands/Bad.cs uses Relay")]
    [InlineData("Model/Bad.cs", "using Sidecar.Relay; namespace Sidecar.Model;", "Model/Bad.cs uses Relay")]
    [InlineData("Model/Bad.cs", "using Sidecar.Configuration; namespace Sidecar.Model;", "Model/Bad.cs uses Configuration")]
    [InlineData("Configuration/Bad.cs", "using Sidecar.Model; namespace Sidecar.Configuration;", "Configuration/Bad.cs uses Model")]
    [InlineData("Configuration/Bad.cs", "using Sidecar.Wire; namespace Sidecar.Configuration;", "Configuration/Bad.cs uses Wire")]
    [InlineData("Telemetry/Bad.cs", "using Sidecar.Configuration; namespace Sidecar.Telemetry;", "Telemetry/Bad.cs uses Configuration")]
    [InlineData("NewRoom/Bad.cs", "using Sidecar.Relay; namespace Sidecar.NewRoom;", "NewRoom/Bad.cs uses Relay")]
    [InlineData("Relay/Bad.cs", "namespace Sidecar.Capture; class B { }", "Relay/Bad.cs declares namespace Sidecar.Capture")]
    [InlineData("Relay/Deep/Bad.cs", "namespace Sidecar.Relay; class B { }", "Relay/Deep/Bad.cs declares namespace Sidecar.Relay")]
    [InlineData("Relay/Bad.cs", "class B { }", "Relay/Bad.cs declares no namespace")]
    public void Violation_is_found(string path, string text, string expected) =>
        Assert.Equal([expected], LayerScanner.Violations([.. Sound, (path, text)]));
}
