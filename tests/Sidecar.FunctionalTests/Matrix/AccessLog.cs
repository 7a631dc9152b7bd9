using System.Text;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>Reads the file <c>access.log</c> of a server while it is written: a line an exchange, when it is over.</summary>
/// <param name="read">Makes a line an exchange.</param>
internal sealed class AccessLog(TemporaryFolder folder, Func<string, SeenExchange> read)
{
    private long _read;

    public async Task<SeenExchanges> TakeAsync(long count)
    {
        var taken = new Dictionary<string, long>();
        await RelayUnderTest.UntilAsync(
            () =>
            {
                foreach (var line in NewLines())
                    taken[line] = taken.GetValueOrDefault(line) + 1;
                return taken.Values.Sum() >= count;
            },
            $"{count} exchanges are over");
        return new SeenExchanges(taken.Select(line => (read(line.Key), line.Value)));
    }

    // The last one may not be whole yet.
    private string[] NewLines()
    {
        using var log = new FileStream(Path.Combine(folder.Path, "access.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite) { Position = _read };
        var bytes = new byte[log.Length - _read];
        log.ReadExactly(bytes);
        var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        _read += whole;
        return Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
