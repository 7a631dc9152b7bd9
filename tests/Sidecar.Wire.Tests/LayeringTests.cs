using System.Reflection;

namespace Sidecar.Wire.Tests;

public class LayeringTests
{
    [Fact]
    public void The_library_depends_on_the_base_library_only()
    {
        string[] allowed = [];
        var references = Assembly.Load("Sidecar.Wire").GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => !name.StartsWith("System.", StringComparison.Ordinal) && !allowed.Contains(name));
        Assert.Empty(references);
    }
}
