using System.Diagnostics;
using System.Text.Json;

namespace Sidecar.Wire.Tests;

/// <summary>One recorded connection: both sides' bytes, the order in which they came, and what client and server say that happened.</summary>
internal sealed class Recording
{
    private readonly byte[] _client;
    private readonly byte[] _server;
    private readonly JsonElement _segments;

    private Recording(string name, byte[] client, byte[] server, JsonElement segments, JsonElement[] expected)
    {
        (Name, _client, _server, _segments, Expected) = (name, client, server, segments, expected);
    }

    public string Name { get; }

    public int Length => _client.Length + _server.Length;

    /// <summary>The exchanges that belong to this connection.</summary>
    public JsonElement[] Expected { get; }

    public WireProtocol Protocol => ProtocolSniffer.Sniff(_client);

    /// <summary>The connections of every conversation below a folder. Packed ones are left out where <c>xz</c> isn't installed.</summary>
    public static IEnumerable<Recording> All(string root)
    {
        foreach (var file in Directory.EnumerateFiles(root, "expected.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var folder = Path.GetDirectoryName(file)!;
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            var exchanges = document.RootElement.GetProperty("exchanges").EnumerateArray().Select(e => e.Clone()).ToArray();
            var connections = document.RootElement.GetProperty("connections").GetInt32();
            for (var i = 0; i < connections; i++)
            {
                var path = i == 0 ? folder : Path.Combine(folder, $"conn{i}");
                if (ReadBytes(Path.Combine(path, "client.bin")) is not { } client || ReadBytes(Path.Combine(path, "server.bin")) is not { } server)
                    continue;
                using var segments = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(path, "segments.json")));
                var own = exchanges.Where(e => (e.TryGetProperty("connection", out var c) ? c.GetInt32() : 0) == i).ToArray();
                yield return new Recording(Path.GetRelativePath(root, path), client, server, segments.RootElement.Clone(), own);
            }
        }
    }

    /// <summary>What each side sent, in the recorded order.</summary>
    public IEnumerable<(char Side, byte[] Bytes)> Steps()
    {
        var (client, server) = (0, 0);
        foreach (var segment in _segments.EnumerateArray())
        {
            var length = segment[1].GetInt32();
            if (segment[0].GetString() == "c")
                yield return ('c', _client[client..(client += length)]);
            else if (segment[0].GetString() == "s")
                yield return ('s', _server[server..(server += length)]);
        }
    }

    /// <summary>Shows it to an observer, each segment in pieces of at most <paramref name="portion"/> bytes.</summary>
    public Recorder Replay(int portion)
    {
        var recorder = new Recorder();
        var observer = new ConnectionObserver(new ObserverLimits());
        observer.Reset(recorder);
        var (client, server) = (0, 0);
        foreach (var segment in _segments.EnumerateArray())
        {
            var length = segment[1].GetInt32();
            switch (segment[0].GetString()!, length)
            {
                case ("c", 0): observer.OnClientClosed(); break;
                case ("s", 0): observer.OnServerClosed(); break;
                case ("C", _): observer.OnClientReset(); break;
                case ("S", _): observer.OnServerReset(); break;
                case ("c", _): Watch.Send(observer, 'c', _client.AsSpan(client, length), portion); client += length; break;
                case ("s", _): Watch.Send(observer, 's', _server.AsSpan(server, length), portion); server += length; break;
            }
        }

        Assert.Equal((_client.Length, _server.Length), (client, server));
        observer.OnShutdown();
        return recorder;
    }

    private static byte[]? ReadBytes(string path)
    {
        if (File.Exists(path))
            return File.ReadAllBytes(path);
        try
        {
            using var xz = Process.Start(new ProcessStartInfo("xz", ["-dc", path + ".xz"]) { RedirectStandardOutput = true })!;
            using var bytes = new MemoryStream();
            xz.StandardOutput.BaseStream.CopyTo(bytes);
            xz.WaitForExit();
            return xz.ExitCode == 0 ? bytes.ToArray() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // no xz here
        }
    }
}
