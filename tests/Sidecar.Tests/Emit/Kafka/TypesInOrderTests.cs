using Sidecar.Emit.Kafka;

namespace Sidecar.Tests.Emit.Kafka;

public sealed class TypesInOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_does_what_a_dictionary_does(int seed)
    {
        var random = new Random(seed);
        var next = random.NextInt64(1L << 40);
        var types = new TypesInOrder(next);
        var model = new SortedDictionary<long, string>();
        string[] names = ["a", "b", "c"];
        for (var step = 0; step < 20_000; step++)
        {
            var low = model.Count > 0 ? model.Keys.First() : next;
            switch (random.Next(10))
            {
                case < 5:
                    var name = names[random.Next(3)];
                    types.Add(name);
                    model.Add(next++, name);
                    break;
                case 5 when model.ContainsKey(next - 1):
                    types.RemoveLast();
                    model.Remove(--next);
                    break;
                case 6:
                    var first = random.NextInt64(low - 2, next + 1);
                    var end = first + random.Next(6);
                    var expected = model.Where(pair => pair.Key >= first && pair.Key < end).ToList();
                    var taken = types.Take(first, end);
                    Assert.Equal(expected, taken.SelectMany(run => Range(run.First, run.Next).Select(index => KeyValuePair.Create(index, run.Type))));
                    expected.ForEach(pair => model.Remove(pair.Key));
                    break;
                case 7 when random.Next(20) == 0:
                    var below = random.NextInt64(low - 2, next + 3);
                    types.RemoveBelow(below);
                    foreach (var index in model.Keys.TakeWhile(index => index < below).ToList())
                        model.Remove(index);
                    break;
                default:
                    var one = random.NextInt64(low - 2, next + 2);
                    Assert.Equal(model.ContainsKey(one), types.Contains(one));
                    Assert.Equal(model.GetValueOrDefault(one), types.Take(one));
                    model.Remove(one);
                    Assert.False(types.Contains(one));
                    break;
            }
        }

        Assert.Equal(model.Count, types.Take(0, long.MaxValue).Sum(run => run.Next - run.First));
    }

    [Fact]
    public void Who_takes_first_has_it_alone()
    {
        var types = new TypesInOrder(0);
        for (var i = 0; i < 100_000; i++)
            types.Add("t");
        var taken = new int[4];
        Parallel.For(0, 4, thread =>
        {
            for (var i = 0; i < 100_000; i += 10)
            {
                if (thread % 2 == 0)
                    taken[thread] += (int)types.Take(i, i + 10).Sum(run => run.Next - run.First);
                else
                    taken[thread] += Enumerable.Range(i, 10).Count(index => types.Take(index) is not null);
            }
        });
        Assert.Equal(100_000, taken.Sum());
    }

    private static IEnumerable<long> Range(long first, long next)
    {
        for (var index = first; index < next; index++)
            yield return index;
    }
}
