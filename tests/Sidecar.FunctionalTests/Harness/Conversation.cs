using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>One recorded connection: what each end sent, in the order in which it came.</summary>
/// <param name="Name">Its folder, below the folder that holds them all.</param>
internal sealed record Conversation(string Name, byte[] Client, byte[] Server, IReadOnlyList<(char Side, int Length)> Segments)
{
    /// <summary>How many exchanges its client says that it had on this connection.</summary>
    public int Exchanges { get; init; }

    /// <summary>Every connection below a folder; <paramref name="unreadable"/> is told of those that can't be unpacked here.</summary>
    public static IReadOnlyList<Conversation> All(string root, Action<string> unreadable)
    {
        var conversations = new List<Conversation>();
        foreach (var file in Directory.EnumerateFiles(root, "segments.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var folder = Path.GetDirectoryName(file)!;
            var name = Path.GetRelativePath(root, folder);
            if (Bytes(Path.Combine(folder, "client.bin")) is not { } client || Bytes(Path.Combine(folder, "server.bin")) is not { } server)
            {
                unreadable($"{name} is packed, and xz is not installed");
                continue;
            }

            // Further connections of a case lie below it, and its list is for all of them.
            var further = Path.GetFileName(folder).StartsWith("conn", StringComparison.Ordinal) ? int.Parse(Path.GetFileName(folder)[4..], CultureInfo.InvariantCulture) : 0;
            using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(further > 0 ? Path.GetDirectoryName(folder)! : folder, "expected.json")));
            var exchanges = expected.RootElement.GetProperty("exchanges").EnumerateArray()
                .Count(exchange => (exchange.TryGetProperty("connection", out var connection) ? connection.GetInt32() : 0) == further);
            using var segments = JsonDocument.Parse(File.ReadAllBytes(file));
            conversations.Add(new Conversation(name, client, server,
                [.. segments.RootElement.EnumerateArray().Select(segment => (segment[0].GetString()![0], segment[1].GetInt32()))]) { Exchanges = exchanges });
        }

        return conversations;
    }

    /// <summary>The same, each side's bytes sent in other portions than the recorded ones.</summary>
    public Conversation Cut(Random cuts)
    {
        var segments = new List<(char Side, int Length)>();
        for (var i = 0; i < Segments.Count; i++)
        {
            var (side, length) = Segments[i];
            for (; i + 1 < Segments.Count && length > 0 && Segments[i + 1].Side == side && Segments[i + 1].Length > 0; i++)
                length += Segments[i + 1].Length;
            // Most cuts are close together, and large bodies still don't become millions of segments.
            var largest = cuts.Next(3) == 0 ? 7 : 900;
            do
            {
                var part = Math.Min(length, cuts.Next(1, Math.Max(largest, length / 30)));
                segments.Add((side, part));
                length -= part;
            }
            while (length > 0);
        }

        return this with { Segments = segments };
    }

    private static byte[]? Bytes(string path)
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
            return null;
        }
    }
}
