using System.Net;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Transparency;

/// <summary>Holds a talk through the sidecar against the same talk without it.</summary>
internal static class TranscriptCheck
{
    /// <summary>Runs a case directly and through the sidecar; the client must see the same bytes, dates apart.</summary>
    /// <returns>The transcript of the run through the sidecar.</returns>
    public static async Task<ClientTranscript> SameAsync(string client, HttpCase request, IPEndPoint server, IPEndPoint sidecar)
    {
        if (client == "curl")
            Tool.Require("curl");
        var direct = await HttpTestClient.Of(client).RunAsync(server, request);
        var relayed = await HttpTestClient.Of(client).RunAsync(sidecar, request);
        Same(direct, relayed);
        return relayed;
    }

    public static void Same(ClientTranscript direct, ClientTranscript relayed)
    {
        Assert.Equal(direct.Connections.Count, relayed.Connections.Count);
        Assert.NotEmpty(direct.Connections);
        foreach (var (one, other) in direct.Connections.Zip(relayed.Connections))
        {
            Assert.Equal(one.Sent, other.Sent);
            Assert.Equal(RecordedConnection.WithoutDates(one.Received), RecordedConnection.WithoutDates(other.Received));
            Assert.NotEmpty(other.Received);
        }
    }

    /// <summary>Every client with every case, for a theory.</summary>
    public static TheoryData<string, string> Matrix(IEnumerable<HttpCase> cases)
    {
        var data = new TheoryData<string, string>();
        foreach (var request in cases)
        {
            foreach (var client in HttpTestClient.Names)
                data.Add(client, request.Name);
        }

        return data;
    }
}
