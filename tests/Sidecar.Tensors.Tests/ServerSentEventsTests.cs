using System.Text;
using Sidecar.Testing;

namespace Sidecar.Tensors.Tests;

public class ServerSentEventsTests
{
    [Fact]
    public void An_event_of_many_lines_costs_as_much_memory_as_it_is_long()
    {
        const int Lines = 10_000;
        var body = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("data: 0123456789\n", Lines)));
        var data = ReadOnlyMemory<byte>.Empty;

        var allocated = Allocated.Least(() => new ServerSentEvents(body).Next(out data));

        Assert.Equal((Lines * 11) - 1, data.Length);
        // Doublings; where each line made a new array of all before it, this was half a gigabyte.
        Assert.InRange(allocated, 1, 4 * body.Length);
    }
}
