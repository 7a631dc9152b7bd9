using Sidecar.Analysis;
using Sidecar.Model;
using Sidecar.Tensors;
using static Sidecar.Tests.Analysis.Messages;

namespace Sidecar.Tests.Analysis;

public sealed class ContractMonitorTests
{
    private static readonly ModelContract Contract = new(new ModelMetadata(
        "m", ["1"], "", [new TensorMetadata("x", DataType.Fp32, [-1, 2]), new TensorMetadata("s", DataType.Bytes, [-1])], []));

    private static readonly string X = Tensor("x", "FP32", "1,2", "1,2");
    private static readonly string S = Tensor("s", "BYTES", "1", "\"a\"");

    public static TheoryData<string[], string[]> Cases => new()
    {
        { [X, S], [] },
        { [S, X], [] },
        { [Tensor("x", "FP32", "3,2", "1,2,3,4,5,6"), S], [] },
        { [S], ["missing x"] },
        { [], ["missing x", "missing s"] },
        { [X, S, Tensor("y", "FP32", "1", "1")], ["unexpected y"] },
        { [Tensor("X", "FP32", "1,2", "1,2"), S], ["missing x", "unexpected X"] },
        { [Tensor("x", "FP64", "1,2", "1,2"), S], ["datatype x"] },
        { [Tensor("x", "FP32", "1,3", "1,2,3"), S], ["shape x"] },
        { [Tensor("x", "FP32", "2", "1,2"), S], ["shape x"] },
        { [Tensor("x", "FP32", "1,2", "1,2,3"), S], ["shape x"] },
        { [Tensor("x", "FP32", "1,2", "1,\"a\""), S], ["datatype x"] },
        { ["""{"name":"x","datatype":"FP32","shape":[1,2]}""", S], ["malformed x"] },
        { [Tensor("x", "FP32", "1,2", "1,null"), S], ["null x"] },
        { [Tensor("x", "FP32", "1,2", "1,NaN"), S], ["nan x"] },
        { [Tensor("x", "FP32", "1,2", "null,NaN"), S], ["null x", "nan x"] },
        { [Tensor("x", "FP32", "1,2", "1,1e999"), S], ["infinite x"] },
        { [X, Tensor("s", "BYTES", "1", "null")], ["null s"] },
        { [Tensor("x", "FP64", "1,3", "1,NaN,3"), S], ["datatype x", "shape x", "nan x"] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Check_Message_CountsEachBreachByKindAndTensor(string[] tensors, string[] breaches)
    {
        var monitor = new ContractMonitor(Side.Input);
        monitor.Adopt(Contract);

        Assert.Equal(breaches.Length, monitor.Check(Of(tensors), mayOmit: false));
        Assert.Equal(breaches.Order(), monitor.Violations().Select(violation => $"{violation.Kind} {violation.Feature}").Order());
        Assert.Equal(breaches.Length == 0 ? (1, 0) : (0, 1), monitor.Checks);
    }

    [Fact]
    public void Check_NoContract_CountsNothing()
    {
        var monitor = new ContractMonitor(Side.Input);
        Assert.Equal(0, monitor.Check(Of(X), mayOmit: false));
        Assert.Equal((0, 0), monitor.Checks);
        Assert.Empty(monitor.Violations());
    }

    [Fact]
    public void Check_MayOmit_AnAbsentTensorIsNoBreach()
    {
        var monitor = new ContractMonitor(Side.Input);
        monitor.Adopt(Contract);
        Assert.Equal(0, monitor.Check(Of(X), mayOmit: true));
        Assert.Equal(1, monitor.Check(Of(X, Tensor("y", "FP32", "1", "1")), mayOmit: true));
    }

    [Fact]
    public void Check_InventedNames_AreBoundedAndNoneIsLost()
    {
        var monitor = new ContractMonitor(Side.Input);
        monitor.Adopt(Contract);
        for (var i = 0; i < 1000; i++)
            monitor.Check(Of(X, S, Tensor($"invented-{i}", "FP32", "1", "1")), mayOmit: false);
        monitor.Check(Of(X, S, Tensor(new string('y', 1000), "FP32", "1", "1")), mayOmit: false);

        var violations = monitor.Violations().ToList();
        Assert.Equal(17, violations.Count);
        Assert.Equal(1001, violations.Sum(violation => violation.Count));
        Assert.Equal(1001 - 16, violations.Single(violation => violation.Feature == "_other").Count);
    }

    [Fact]
    public void Adopt_AnotherContract_KeepsTheCountsOfTensorsThatStay()
    {
        var monitor = new ContractMonitor(Side.Input);
        monitor.Adopt(Contract);
        monitor.Check(Of(), mayOmit: false);
        monitor.Adopt(new ModelContract(new ModelMetadata("m", ["2"], "", [new TensorMetadata("new", DataType.Fp32, [1]), new TensorMetadata("s", DataType.Bytes, [-1])], [])));

        Assert.Equal([("missing", "s", 1L)], monitor.Violations());
    }

    [Fact]
    public async Task Adopt_WhileMessagesAreChecked_NoCheckMeetsHalfOfIt()
    {
        var monitor = new ContractMonitor(Side.Input);
        var wide = new ModelContract(new ModelMetadata(
            "m", [], "", [.. Enumerable.Range(0, 64).Select(i => new TensorMetadata($"t{i}", DataType.Fp32, [1]))], []));
        var message = Of();
        var adopting = Task.Run(
            () =>
            {
                for (var i = 0; i < 200_000; i++)
                    monitor.Adopt(i % 2 == 0 ? wide : Contract);
            },
            TestContext.Current.CancellationToken);
        while (!adopting.IsCompleted)
            Assert.Contains(monitor.Check(message, mayOmit: false), new[] { 0, 2, 64 });
        await adopting;
    }
}
