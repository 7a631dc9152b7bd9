using System.Text;
using Sidecar.Configuration;
using Sidecar.Emit;
using Sidecar.Emit.Jsonl;
using Sidecar.Emit.Kafka;
using Sidecar.Emit.Redaction;
using Sidecar.Model;

namespace Sidecar;

/// <summary>Step 10 for events: where they go, and what of texts and values may be in them.</summary>
internal static class EventWiring
{
    /// <summary>The sink; null for none.</summary>
    public static IEventSink? Sink(SidecarOptions options, SidecarHooks hooks, IEventBook book)
    {
        // Another in each run, so that numbers can begin at 1 again and ids stay unique.
        var epoch = hooks.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var source = $"/sidecar/{Space(hooks)}/{hooks.Variable("POD_NAME") ?? Environment.MachineName}/{epoch}";
        return options.Events.Sink switch
        {
            EventSink.Jsonl => new JsonlSink(OfFile(options.Events.Jsonl, source), book, hooks.Time, hooks.Logs),
            EventSink.Kafka => new KafkaSink(OfKafka(options, source), book, hooks.Time, hooks.Logs),
            _ => null,
        };
    }

    /// <summary>The namespace of the pod; a dash outside of one.</summary>
    public static string Space(SidecarHooks hooks) => hooks.Variable("POD_NAMESPACE") ?? "-";

    /// <summary>What may leave.</summary>
    /// <exception cref="StartException">The key can't be read or is too short, or a path can't be used.</exception>
    public static ValueCapture Values(SidecarOptions options)
    {
        var redaction = options.Redaction;
        try
        {
            var policy = new RedactionPolicy(
                redaction.Rules.Select(static rule => RedactionRule.Of(Target(rule.Name), Action(rule.Action))).Concat(Patterns(redaction)),
                redaction.Allow.Select(Target), redaction.KeyFile is { } file ? Key(file) : default, redaction.Classification);
            var mode = options.Events.Capture switch
            {
                EventCapture.All => CaptureMode.All,
                EventCapture.Failed => CaptureMode.Failed,
                _ => CaptureMode.None,
            };
            return new ValueCapture(new Redactor(policy), mode, options.Events.MaxValues);
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new StartException($"redaction: {e.Message}", e);
        }
    }

    private static Emit.Jsonl.JsonlOptions OfFile(Configuration.JsonlOptions options, string source) => new()
    {
        Path = options.Path,
        MaxBytes = options.MaxBytes,
        Files = options.Files,
        Source = source,
    };

    private static KafkaSettings OfKafka(SidecarOptions options, string source)
    {
        var kafka = options.Events.Kafka;
        return new KafkaSettings
        {
            Brokers = kafka.Brokers!,
            Source = source,
            ExchangesTopic = kafka.Topics.Exchanges,
            ReportsTopic = kafka.Topics.Reports,
            AuditTopic = kafka.Topics.Audit,
            MaxEvent = (int)kafka.MaxEvent,
            DrainRate = kafka.DrainRate,
            Memory = kafka.Memory,
            SpoolDirectory = options.State.Directory is { } folder ? Path.Combine(folder, "spool") : null,
            SpoolLimit = options.State.SpoolLimit,
            DropNewest = options.State.WhenFull == WhenFull.DropNewest,
            Security = new KafkaSecurity
            {
                Tls = kafka.Tls.Enabled,
                Ca = kafka.Tls.Ca,
                Certificate = kafka.Tls.Certificate,
                Key = kafka.Tls.Key,
                Mechanism = kafka.Sasl.Mechanism switch
                {
                    SaslChoice.Plain => "PLAIN",
                    SaslChoice.ScramSha256 => "SCRAM-SHA-256",
                    SaslChoice.ScramSha512 => "SCRAM-SHA-512",
                    _ => null,
                },
                Username = kafka.Sasl.Username,
                PasswordFile = kafka.Sasl.PasswordFile,
            },
            Client = kafka.Client,
        };
    }

    private static IEnumerable<RedactionRule> Patterns(RedactionOptions redaction)
    {
        if (redaction.Patterns == RedactionChoice.None)
            yield break;
        foreach (var name in RedactionPatterns.Names.Except(redaction.Except, StringComparer.Ordinal))
        {
            if (RedactionPatterns.TryParse(name, out var pattern))
                yield return RedactionRule.Of(pattern, Action(redaction.Patterns));
        }
    }

    private static RedactionTarget Target(string text)
    {
        if (text is not ['/' or '$', ..])
            return RedactionTarget.OfFeature(text);
        return RedactionTarget.TryOfPath(text, out var target, out var problem) ? target! : throw new ArgumentException($"{text} {problem}");
    }

    private static RedactionAction Action(RedactionChoice choice) => choice switch
    {
        RedactionChoice.Drop => RedactionAction.Drop,
        RedactionChoice.Hmac => RedactionAction.Hmac,
        _ => RedactionAction.Mask,
    };

    private static byte[] Key(string file) => Encoding.UTF8.GetBytes(File.ReadAllText(file).Trim());
}
