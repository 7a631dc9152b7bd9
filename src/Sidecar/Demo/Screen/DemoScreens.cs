namespace Sidecar.Demo.Screen;

/// <summary>Chooses the screen.</summary>
internal static class DemoScreens
{
    /// <summary>Lines when asked for, when <paramref name="output"/> isn't the terminal, and where CI or NO_COLOR is set; else the live table.</summary>
    public static IDemoScreen Choose(bool plain, TextWriter output, string lookHere) =>
        plain || output != Console.Out || Console.IsOutputRedirected || IsSet("CI") || IsSet("NO_COLOR")
            ? new PlainScreen(output, lookHere)
            : new LiveScreen(output, lookHere);

    private static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };
}
