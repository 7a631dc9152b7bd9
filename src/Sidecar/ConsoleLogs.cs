using Microsoft.Extensions.Logging.Console;

namespace Sidecar;

/// <summary>The program's logs: one line a message on standard error, so that standard output stays for answers.</summary>
internal static class ConsoleLogs
{
    public static ILoggerFactory Create() => LoggerFactory.Create(builder => builder
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddFilter<ConsoleLoggerProvider>(SidecarApplication.ExchangeLogCategory, LogLevel.None)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.UseUtcTimestamp = true;
            console.ColorBehavior = LoggerColorBehavior.Default;
        })
        .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
}
