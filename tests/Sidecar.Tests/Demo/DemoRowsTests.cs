using System.Text.Json;
using Sidecar.Demo.Traffic;

namespace Sidecar.Tests.Demo;

public sealed class DemoRowsTests
{
    private readonly DemoRows _rows = DemoRows.Parse(
        "car_value,debt_to_income_ratio,loan_length,salary_range,repaid_loan_on_prev_car\n21268,0.671888,21,60K+ €,true\n"u8);

    [Fact]
    public void Request_WithoutFault_IsTheRow() => Assert.Equal(
        """{"id":"r1","inputs":[{"name":"car_value","shape":[1,1],"datatype":"FP32","data":[21268]},"""
        + """{"name":"debt_to_income_ratio","shape":[1,1],"datatype":"FP32","data":[0.671888]},"""
        + """{"name":"loan_length","shape":[1,1],"datatype":"FP32","data":[21]},"""
        + """{"name":"salary_range","shape":[1,1],"datatype":"BYTES","data":["60K+ €"]},"""
        + """{"name":"repaid_loan_on_prev_car","shape":[1,1],"datatype":"BOOL","data":[true]}]}""",
        System.Text.Encoding.UTF8.GetString(_rows.Request(0, "r1", InputFault.None).Span));

    [Fact]
    public void Request_RenamedFeature_ChangesThatNameOnly()
    {
        using var request = JsonDocument.Parse(_rows.Request(0, "r", InputFault.RenamedFeature));
        Assert.Equal(["car_value", "debt_to_income_ratio", "loan_duration", "salary_range", "repaid_loan_on_prev_car"],
            request.RootElement.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("name").GetString()));
    }

    [Fact]
    public void Request_UnitError_IsAHundredTimesAsMuch()
    {
        using var request = JsonDocument.Parse(_rows.Request(0, "r", InputFault.UnitError));
        Assert.Equal(67.1888, request.RootElement.GetProperty("inputs")[1].GetProperty("data")[0].GetDouble(), 4);
        Assert.Equal(21268, request.RootElement.GetProperty("inputs")[0].GetProperty("data")[0].GetDouble());
    }
}
