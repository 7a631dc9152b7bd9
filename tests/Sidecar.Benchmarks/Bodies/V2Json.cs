using System.Globalization;
using System.Text;

namespace Sidecar.Benchmarks.Bodies;

/// <summary>Requests, answers and metadata of the V2 inference protocol in JSON. Values are text as servers' clients print FP32: about 11 bytes each.</summary>
internal static class V2Json
{
    // Each request gets an id of its own: a repeated id within seconds would be counted as a retry.
    /// <summary>Where a load writes the id of a request, 14 digits.</summary>
    public const string IdPlace = "00000000000000";

    /// <summary>How far the ids of two runs of a load are apart: more than a run can send.</summary>
    public const long IdsPerRun = 1_000_000_000;

    // At most 200 different bodies, fewer of the large ones: the load holds them all.
    private const int MostBodies = 200;
    private const int FewestBodies = 8;
    private const int MostValues = 2_000_000;

    private static long _runs;

    /// <summary>The number of a load's next run, so that no id is sent twice.</summary>
    public static long NextRun() => ++_runs;

    /// <summary>Different requests, the same ones in every run.</summary>
    public static IEnumerable<string> Requests(int values)
    {
        var random = new Random(20_240_517);
        for (var i = Math.Clamp(MostValues / values, FewestBodies, MostBodies); i > 0; i--)
        {
            var body = new StringBuilder(128 + (values * 12));
            body.Append(CultureInfo.InvariantCulture, $$"""{"id":"{{IdPlace}}","inputs":[{"name":"x","datatype":"FP32","shape":[1,{{values}}],"data":[""");
            Append(body, random, values);
            yield return body.Append("]}]}").ToString();
        }
    }

    public static string Answer(int values)
    {
        var body = new StringBuilder(128 + (values * 12));
        body.Append(CultureInfo.InvariantCulture,
            $$"""{"model_name":"m","model_version":"1","id":"benchmark","outputs":[{"name":"p","datatype":"FP32","shape":[1,{{values}}],"data":[""");
        Append(body, new Random(7), values);
        return body.Append("]}]}").ToString();
    }

    public static string Metadata(BodyKind body) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"name":"m","versions":["1"],"platform":"benchmark","inputs":[{"name":"x","datatype":"FP32","shape":[-1,{{body.RequestValues}}]}],"outputs":[{"name":"p","datatype":"FP32","shape":[-1,{{body.AnswerValues}}]}]}""");

    // Box–Muller: https://projecteuclid.org/euclid.aoms/1177706645
    public static float Normal(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

    private static void Append(StringBuilder body, Random random, int values) =>
        body.AppendJoin(',', Enumerable.Range(0, values).Select(_ => Normal(random).ToString(CultureInfo.InvariantCulture)));
}
