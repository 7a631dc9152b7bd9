using Sidecar.Emit.Otlp;

namespace Sidecar.Tests.Emit;

public class ResourcesTests
{
    [Fact]
    public void Detect_InAPod_NamesItWithoutAnythingRandom()
    {
        var environment = new Dictionary<string, string>
        {
            ["POD_NAMESPACE"] = "shop", ["POD_NAME"] = "rank-0", ["POD_UID"] = "u-1", ["NODE_NAME"] = "n-1", ["CONTAINER_NAME"] = "ml-sidecar",
        };
        Assert.Equal(new Dictionary<string, object>
        {
            ["service.name"] = "sidecar",
            ["service.version"] = "1.0",
            ["service.namespace"] = "shop",
            ["service.instance.id"] = "shop.rank-0.ml-sidecar",
            ["k8s.namespace.name"] = "shop",
            ["k8s.pod.name"] = "rank-0",
            ["k8s.pod.uid"] = "u-1",
            ["k8s.node.name"] = "n-1",
            ["k8s.container.name"] = "ml-sidecar",
        }, Resources.Detect("1.0", environment.GetValueOrDefault, "host"));
    }

    [Fact]
    public void Detect_OutsideAPod_NamesTheHost()
    {
        var found = Resources.Detect("1.0", name => name == "CONTAINER_NAME" ? "something" : null, "laptop");
        Assert.Equal("laptop.sidecar", found["service.instance.id"]);
        Assert.DoesNotContain(found.Keys, key => key.StartsWith("k8s.", StringComparison.Ordinal));
    }
}
