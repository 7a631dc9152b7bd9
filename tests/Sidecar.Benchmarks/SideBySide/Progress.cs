namespace Sidecar.Benchmarks.SideBySide;

/// <summary>What is being done, on standard error: one line that changes, or a line each where that is no terminal.</summary>
internal static class Progress
{
    public static void Show(string text)
    {
        if (Console.IsErrorRedirected)
            Console.Error.WriteLine(text);
        else
            Console.Error.Write($"\r\u001b[K{text}");
    }

    public static void Clear()
    {
        if (!Console.IsErrorRedirected)
            Console.Error.Write("\r\u001b[K");
    }
}
