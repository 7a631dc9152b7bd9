using Sidecar.Emit.Kafka;

namespace Sidecar.Tests.Emit.Kafka;

public sealed class DeliveryWindowTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_does_what_a_list_does(int seed)
    {
        var random = new Random(seed);
        var window = new DeliveryWindow();
        var model = new List<DeliveryWindow.Flight>();
        var (landed, refused) = (new HashSet<DeliveryWindow.Flight>(), new HashSet<DeliveryWindow.Flight>());
        var next = 0L;
        for (var step = 0; step < 20_000; step++)
        {
            var open = model.Where(flight => !landed.Contains(flight) && !refused.Contains(flight)).ToList();
            switch (random.Next(100))
            {
                case < 45:
                    next += random.Next(1, 3); // records that are lost leave a gap
                    model.Add(window.Depart(next));
                    break;
                case < 55:
                    window.Cancel(window.Depart(next + 1));
                    break;
                case < 97 when open.Count > 0:
                    var flight = open[random.Next(open.Count)];
                    landed.Add(flight);
                    var expected = -1L;
                    for (; model.Count > 0 && landed.Contains(model[0]); model.RemoveAt(0))
                        expected = model[0].Index + 1;
                    Assert.Equal(expected, window.Land(flight));
                    break;
                case 97 when open.Count > 0:
                    var other = open[random.Next(open.Count)];
                    refused.Add(other);
                    window.Refuse(other, isPossible: false);
                    break;
                case 98 when random.Next(10) == 0:
                    Assert.Equal(model.Where(item => !landed.Contains(item)), window.Clear());
                    model.Clear();
                    refused.Clear();
                    break;
            }

            Assert.Equal((model.Count(item => !landed.Contains(item) && !refused.Contains(item)), refused.Count > 0), (window.Waiting, window.IsRefused));
        }
    }
}
