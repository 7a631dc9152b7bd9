namespace Sidecar.Benchmarks.Micro;
internal static class BudgetsCommand { public static int Run(Arguments a) => a.Flag("x") ? 1 : 0; }
internal static class MicroCommand { public static int Run(Arguments a) => a.Flag("x") ? 1 : 0; }
