namespace Sidecar.Demo.Traffic;

/// <summary>What is wrong with the requests that the load sends.</summary>
internal enum InputFault
{
    None,

    /// <summary><c>loan_length</c> is sent as <c>loan_duration</c>: the client was released before the model.</summary>
    RenamedFeature,

    /// <summary><c>debt_to_income_ratio</c> is sent in percent instead of as a fraction: ×100.</summary>
    UnitError,
}
