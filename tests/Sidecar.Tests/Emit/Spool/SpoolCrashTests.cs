using System.Diagnostics;
using System.Globalization;
using Sidecar.Emit.Spool;

namespace Sidecar.Tests.Emit;

public sealed class SpoolCrashTests : IDisposable
{
    private const string PathVariable = "SIDECAR_TEST_SPOOL";
    private readonly SpoolFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_process_loses_nothing_that_was_flushed()
    {
        var next = 0L;
        for (var run = 0; run < 3; run++)
        {
            using var child = ChildProcess.Start(nameof(SpoolCrashTests), "", (PathVariable, _folder.Path));
            var flushed = await UntilAsync(child, next + 1000);
            Assert.Throws<IOException>(() => _folder.Open());
            child.Kill();
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);

            using var spool = _folder.Open();
            Assert.True(spool.NextIndex > flushed, $"{spool.NextIndex} there, {flushed} flushed");
            Assert.Equal(SpoolFolder.Range(0, spool.NextIndex), SpoolFolder.ReadAll(spool));
            Assert.Equal(0, spool.LostRecords);
            next = spool.NextIndex;
        }
    }

    [Fact]
    public async Task Disk_that_fills_up_costs_nothing_accepted_and_works_again_when_it_has_room()
    {
        // A file may grow to 20 blocks of 512 bytes: a write that crosses this is cut short and then fails, as on a full disk.
        // The runtime's own memory-mapped file for machine code would be cut as well, hence the second variable.
        using var child = ChildProcess.Start(nameof(SpoolCrashTests), "trap '' XFSZ; ulimit -S -f 20;", (PathVariable, _folder.Path),
            ("DOTNET_EnableWriteXorExecute", "0"));
        var line = "";
        while (!line.StartsWith("refused", StringComparison.Ordinal))
            line = (await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!;
        Assert.Contains("00000000000000000000.seg", line, StringComparison.Ordinal);
        var segment = Assert.Single(new SpoolReader(_folder.Path).List());
        Assert.Null(segment.Problem);
        Assert.InRange(segment.Bytes, 9000, 10240);

        using (var more = Process.Start("prlimit", ["--pid", child.Id.ToString(CultureInfo.InvariantCulture), "--fsize=unlimited"]))
            await more.WaitForExitAsync(TestContext.Current.CancellationToken);
        await child.StandardInput.WriteLineAsync("go on");
        await child.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        var flushed = await UntilAsync(child, segment.Records + 500);
        child.Kill();
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);

        using var spool = _folder.Open();
        Assert.True(spool.NextIndex > flushed, $"{spool.NextIndex} there, {flushed} flushed");
        Assert.Equal(SpoolFolder.Range(0, spool.NextIndex), SpoolFolder.ReadAll(spool));
    }

    /// <summary>Appends until killed, saying after each record that it was flushed. When the disk refuses, says so and waits for a line.</summary>
    internal static async Task<int> WriteAsync()
    {
        using var spool = Spool.Open(new SpoolOptions { Directory = Environment.GetEnvironmentVariable(PathVariable)!, SegmentBytes = 1 << 20 }, Console.Error.WriteLine);
        while (true)
        {
            try
            {
                var next = spool.NextIndex;
                spool.Append(SpoolFolder.Body(next), next * 1000, out var index);
                spool.Flush();
                Console.WriteLine(index);
            }
            catch (IOException e)
            {
                Console.WriteLine($"refused: {e.Message}");
                if (await Console.In.ReadLineAsync() is null)
                    return 0;
            }
        }
    }

    private static async Task<long> UntilAsync(Process child, long index)
    {
        var flushed = -1L;
        while (flushed < index)
            flushed = long.Parse((await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!, CultureInfo.InvariantCulture);
        return flushed;
    }
}
