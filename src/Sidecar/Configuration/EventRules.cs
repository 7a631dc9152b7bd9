using System.Globalization;
using Sidecar.Configuration.Schema;
using Sidecar.Tensors;

namespace Sidecar.Configuration;

/// <summary>What no key of events and redaction can say alone.</summary>
internal static class EventRules
{
    public static void Check(SidecarOptions options, BindContext context)
    {
        CheckKafka(options.Events, context);
        CheckRedaction(options.Redaction, context);
    }

    private static void CheckKafka(EventOptions events, BindContext context)
    {
        if (events.Sink != EventSink.Kafka || !context.IsSound("events.sink"))
            return;
        var kafka = events.Kafka;
        if (kafka.Brokers is null && context.IsSound("events.kafka.brokers"))
            CrossFieldRules.Fail(context, "events.kafka.brokers", "null", "is needed where events go to Kafka", "allowed: host:port, several with commas between", "events.sink");
        foreach (var broker in kafka.Brokers?.Split(',') ?? [])
        {
            var port = broker.LastIndexOf(':');
            if (context.IsSound("events.kafka.brokers")
                && (port <= 0 || !ushort.TryParse(broker.AsSpan(port + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0))
                CrossFieldRules.Fail(context, "events.kafka.brokers", broker, "is no broker", "allowed: host:port, several with commas between");
        }

        CheckFile(kafka.Tls.Ca, "events.kafka.tls.ca", "the path of a PEM file", context);
        CheckFile(kafka.Tls.Certificate, "events.kafka.tls.certificate", "the path of a PEM file", context);
        CheckFile(kafka.Tls.Key, "events.kafka.tls.key", "the path of a PEM file", context);
        CheckFile(kafka.Sasl.PasswordFile, "events.kafka.sasl.passwordFile", "the path of a file with the password", context);
        if (kafka.Sasl.Mechanism != SaslChoice.None && context.IsSound("events.kafka.sasl"))
        {
            if (kafka.Sasl.Username is null)
                CrossFieldRules.Fail(context, "events.kafka.sasl.username", "null", "is needed with a mechanism", "allowed: a name", "events.kafka.sasl.mechanism");
            if (kafka.Sasl.PasswordFile is null)
                CrossFieldRules.Fail(context, "events.kafka.sasl.passwordFile", "null", "is needed with a mechanism", "allowed: the path of a file with the password", "events.kafka.sasl.mechanism");
        }

        string[] topics = [kafka.Topics.Exchanges, kafka.Topics.Reports, kafka.Topics.Audit];
        if (topics.Distinct(StringComparer.Ordinal).Count() < topics.Length && context.IsSound("events.kafka.topics"))
            CrossFieldRules.Fail(context, "events.kafka.topics", string.Join(", ", topics), "are not three topics", "allowed: three names, each another");
    }

    private static void CheckRedaction(RedactionOptions redaction, BindContext context)
    {
        var tokens = redaction.Patterns == RedactionChoice.Hmac;
        for (var i = 0; i < redaction.Rules.Count; i++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"redaction.rules[{i}]");
            var rule = redaction.Rules[i];
            if (!context.IsSound(path))
                continue;
            tokens |= rule.Action == RedactionChoice.Hmac;
            CheckPath(rule.Name, $"{path}.name", context);
        }

        for (var i = 0; i < redaction.Allow.Count; i++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"redaction.allow[{i}]");
            if (context.IsSound(path))
                CheckPath(redaction.Allow[i], path, context);
        }

        CheckFile(redaction.KeyFile, "redaction.keyFile", "the path of a file with at least 16 bytes", context);
        if (tokens && redaction.KeyFile is null && context.IsSound("redaction.keyFile"))
            CrossFieldRules.Fail(context, "redaction.keyFile", "null", "is needed for tokens", "allowed: the path of a file with at least 16 bytes", "redaction.rules");
    }

    private static void CheckPath(string text, string key, BindContext context)
    {
        if (text is ['/' or '$', ..] && context.IsSound(key) && !JsonPath.TryParse(text, out _, out var problem))
            CrossFieldRules.Fail(context, key, text, problem!, "allowed: a JSON Pointer or a JSONPath");
    }

    private static void CheckFile(string? file, string key, string allowed, BindContext context)
    {
        if (file is not null && context.IsSound(key) && !File.Exists(file))
            CrossFieldRules.Fail(context, key, file, System.IO.Directory.Exists(file) ? "is a folder" : "does not exist", $"allowed: {allowed}");
    }
}
