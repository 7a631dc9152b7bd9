using System.Text;

namespace Sidecar.Tensors.Tests;

public class TensorModelTests
{
    [Fact]
    public void Parse_EveryName_GivesItsTypeBack()
    {
        foreach (var type in Enum.GetValues<DataType>())
            Assert.Equal(type, DataTypes.Parse(Encoding.UTF8.GetBytes(type.Name())));
        Assert.Equal(DataType.Unknown, DataTypes.Parse("FP"u8));
        Assert.Equal(DataType.Unknown, DataTypes.Parse(default));
    }

    [Fact]
    public void Kinds_OfEveryType_AreAsTheProtocolHasThem()
    {
        Assert.Equal(["FP16", "BF16", "FP32", "FP64"], Enum.GetValues<DataType>().Where(type => type.IsFloat()).Select(type => type.Name()));
        Assert.Equal(["UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64"],
            Enum.GetValues<DataType>().Where(type => type.IsInteger()).Select(type => type.Name()));
        Assert.Equal([0, 1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 0], Enum.GetValues<DataType>().Select(type => type.Size()));
    }

    [Fact]
    public void Label_OfEveryError_IsItsNameInSnakeCase()
    {
        foreach (var error in Enum.GetValues<DecodeError>())
        {
            var words = string.Concat(error.ToString().Select((letter, i) => (i > 0 && char.IsUpper(letter) ? "_" : "") + char.ToLowerInvariant(letter)));
            Assert.Equal(words, error.Label());
        }
    }

    [Fact]
    public void Product_Overflowing_SaturatesUnlessADimensionIsZero()
    {
        Assert.Equal(1, Shapes.Product([]));
        Assert.Equal(24, Shapes.Product([2, 3, 4]));
        Assert.Equal(long.MaxValue, Shapes.Product([long.MaxValue, 2, 3]));
        Assert.Equal(0, Shapes.Product([long.MaxValue, 2, 0]));
        Assert.Equal(0, Shapes.Product([2, -1]));
    }

    [Fact]
    public void MoveNext_LengthBeyondTheEnd_Stops()
    {
        Assert.False(new BytesElements([1, 0, 0]).MoveNext());
        Assert.False(new BytesElements([255, 255, 255, 255, 1]).MoveNext());
        var two = new BytesElements([1, 0, 0, 0, 7, 0, 0, 0, 0]);
        Assert.True(two.MoveNext());
        Assert.Equal([7], two.Current.ToArray());
        Assert.True(two.MoveNext());
        Assert.True(two.Current.IsEmpty);
        Assert.False(two.MoveNext());
    }

    [Fact]
    public void Constructor_DepthBeyondTheScanner_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TensorMessage(new DecodeLimits { MaxDepth = 65 }));
}
