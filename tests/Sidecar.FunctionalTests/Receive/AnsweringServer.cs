using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Sidecar.FunctionalTests.Receive;

/// <summary>Answers every request alike.</summary>
internal sealed class AnsweringServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private volatile Response _response;

    private AnsweringServer(Response response)
    {
        _response = response;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        _application = builder.Build();
        _application.Run(async context =>
        {
            var now = _response;
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.StatusCode = now.Status;
            context.Response.ContentType = now.Type;
            if (now.RetryAfter is not null)
                context.Response.Headers.RetryAfter = now.RetryAfter;
            await context.Response.Body.WriteAsync(now.Body);
        });
    }

    public string Address => _application.Urls.Single();

    public static async Task<AnsweringServer> StartAsync(int status, string type, byte[] body)
    {
        var server = new AnsweringServer(new Response(status, type, body, null));
        await server._application.StartAsync();
        return server;
    }

    public void Answer(int status, string type, byte[] body, string? retryAfter = null) => _response = new Response(status, type, body, retryAfter);

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private sealed record Response(int Status, string Type, byte[] Body, string? RetryAfter);
}
