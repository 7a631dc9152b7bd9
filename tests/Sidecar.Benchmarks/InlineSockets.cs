namespace Sidecar.Benchmarks;

/// <summary>Completions of all sockets run where they are found, on one thread: the cheapest that .NET's sockets can be.</summary>
internal static class InlineSockets
{
    public static void Enable()
    {
        // Read once, when the first socket is created; hence set before it.
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");
    }
}
