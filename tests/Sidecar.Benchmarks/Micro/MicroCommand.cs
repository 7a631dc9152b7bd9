using System.IO.Enumeration;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Sidecar.Benchmarks.Micro;

/// <summary>Runs the hot-path cases under BenchmarkDotNet, in this process: no generated project, so it works where nothing can be restored.</summary>
internal static class MicroCommand
{
    public static int Run(Arguments arguments)
    {
        var quick = arguments.Flag("quick");
        var filter = arguments.Text("filter") ?? "*";
        arguments.RejectUnread();
        HotPathBenchmarks.Selected = [.. HotPathCases.All.Where(hotPath => FileSystemName.MatchesSimpleExpression(filter, hotPath.Name))];
        if (HotPathBenchmarks.Selected.Count == 0)
            throw new UsageException($"--filter: no case matches '{filter}'; there are {string.Join(", ", HotPathCases.All.Select(hotPath => hotPath.Name))}");

        var job = (quick ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
        var config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddLogger(ConsoleLogger.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .WithArtifactsPath(Path.Combine(Directory.GetCurrentDirectory(), "BenchmarkDotNet.Artifacts"))
            .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(60))
            .WithOptions(ConfigOptions.DisableLogFile);
        var summary = BenchmarkRunner.Run<HotPathBenchmarks>(config);
        return summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success) ? ExitCodes.Failed : ExitCodes.Ok;
    }
}
