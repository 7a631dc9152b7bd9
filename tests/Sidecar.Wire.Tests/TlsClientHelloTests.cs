using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using CsCheck;

namespace Sidecar.Wire.Tests;

/// <summary>First messages of real clients: .NET's, which is OpenSSL's, and what becomes of damaged ones.</summary>
public sealed class TlsClientHelloTests
{
    [Theory]
    [InlineData("")]
    [InlineData("http/1.1")]
    [InlineData("h2,http/1.1")]
    [InlineData("h2,http/1.1,acme-tls/1,x")]
    public async Task Protocols_RealClient_AreItsOffersInOrder(string offers)
    {
        var hello = await HelloAsync(offers);
        Assert.Equal(TlsHelloStep.Whole, TlsClientHello.Look(hello));
        Assert.Equal(offers, string.Join(',', TlsClientHello.Protocols(hello).Select(Encoding.ASCII.GetString)));
        for (var length = 0; length < hello.Length; length++)
        {
            Assert.Equal(TlsHelloStep.Partial, TlsClientHello.Look(hello.AsSpan(0, length)));
            Assert.Empty(TlsClientHello.Protocols(hello.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("\u0016\u0002")]
    [InlineData("\u0015\u0003\u0001\u0000\u0002\u0001\u0000")] // an alert
    public void Look_NoHandshake_SaysSo(string bytes) => Assert.Equal(TlsHelloStep.NotTls, TlsClientHello.Look(Encoding.Latin1.GetBytes(bytes)));

    [Fact]
    public void Look_MessageThatNeverEnds_IsNotWaitedFor()
    {
        var bytes = new byte[TlsClientHello.MaxBytes];
        bytes[0] = 22;
        bytes[1] = 3;
        bytes[3] = bytes[4] = 255;
        Assert.Equal(TlsHelloStep.Partial, TlsClientHello.Look(bytes.AsSpan(0, bytes.Length - 1)));
        Assert.Equal(TlsHelloStep.Whole, TlsClientHello.Look(bytes));
        Assert.Empty(TlsClientHello.Protocols(bytes));
    }

    [Fact]
    public async Task Protocols_DamagedBytes_NeverThrowAndAreFew()
    {
        var hello = await HelloAsync("h2,http/1.1");
        Gen.Select(Gen.Int[0, hello.Length - 1], Gen.Byte).Array[1, 6].Sample(damage =>
        {
            var bytes = (byte[])hello.Clone();
            foreach (var (at, value) in damage)
                bytes[at] = value;
            _ = TlsClientHello.Look(bytes);
            return TlsClientHello.Protocols(bytes).Count <= bytes.Length;
        }, iter: 20_000);
        Gen.Byte.Array[0, 200].Sample(bytes => TlsClientHello.Protocols([22, 3, 1, 0, (byte)bytes.Length, 1, .. bytes]).Count <= bytes.Length, iter: 20_000);
    }

    private static async Task<byte[]> HelloAsync(string offers)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using var server = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream());
        var handshake = tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "model.test",
            ApplicationProtocols = offers.Length == 0 ? null : [.. offers.Split(',').Select(name => new SslApplicationProtocol(name))],
        }, TestContext.Current.CancellationToken);
        var bytes = new byte[TlsClientHello.MaxBytes];
        var length = 0;
        while (TlsClientHello.Look(bytes.AsSpan(0, length)) != TlsHelloStep.Whole)
            length += await server.ReceiveAsync(bytes.AsMemory(length), TestContext.Current.CancellationToken);
        server.Close();
        await Assert.ThrowsAnyAsync<IOException>(() => handshake);
        return bytes[..length];
    }
}
