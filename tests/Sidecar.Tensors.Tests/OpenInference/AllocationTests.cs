using System.Text;
using Sidecar.Testing;

namespace Sidecar.Tensors.Tests.OpenInference;

public class AllocationTests
{
    [Fact]
    public void Good_and_bad_messages_of_every_kind_allocate_nothing_once_the_buffers_have_grown()
    {
        string[] bad = ["{", "not json", "[1]", """{"inputs":[{"name":"a"}]}""", """{"error":"no"}""", """{"id":"\ud83d","inputs":[[1]]}"""];
        byte[][] bodies =
        [
            .. Enumerable.Range(0, 100).Select(seed => new RandomMessage(seed).Body),
            .. bad.Select(Encoding.UTF8.GetBytes),
        ];
        var message = new TensorMessage();
        var elements = 0;
        void DecodeAll()
        {
            foreach (var body in bodies)
            {
                OpenInferenceJson.DecodeRequest(body, message);
                for (var i = 0; i < message.Count; i++)
                {
                    foreach (var text in message.Strings(i))
                        elements += text.Length;
                    elements += message[i].Shape.Length + message.Find(message.Name(i)) + message.Data(i).Length;
                }

                OpenInferenceJson.DecodeResponse(body, message);
                OpenInferenceJson.DecodeRequest(body.AsSpan(0, body.Length / 2), message);
            }
        }

        for (var round = 0; round < 5; round++)
            DecodeAll();
        Assert.Equal(0, Allocated.Least(DecodeAll));
        Assert.NotEqual(0, elements);
    }
}
