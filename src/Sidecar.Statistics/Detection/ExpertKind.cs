namespace Sidecar.Statistics.Detection;

/// <summary>What an expert of the mixture bets on.</summary>
public enum ExpertKind : byte
{
    /// <summary>A shift of the whole distribution.</summary>
    Location,

    /// <summary>A wider or narrower distribution.</summary>
    Scale,

    /// <summary>More mass on one shoulder (third Legendre polynomial of the rank).</summary>
    Skew,

    /// <summary>More mass in the middle and at both ends, or less (fourth polynomial).</summary>
    Tails,

    /// <summary>More rows in one cell.</summary>
    Gain,

    /// <summary>Fewer rows of one category.</summary>
    Loss,

    /// <summary>More rows outside the reference's range, on either side.</summary>
    Outside,

    /// <summary>What the recent past looked like, on coarse groups of cells.</summary>
    AdaptiveGroups,

    /// <summary>What the last while looked like, on all cells.</summary>
    AdaptiveCells,
}

/// <summary>One expert of a detector, as it can be told to a person.</summary>
/// <param name="Kind">What it bets on.</param>
/// <param name="Cell">The cell of a gain or loss, in the model's numbering; −1 for the others.</param>
/// <param name="Size">
/// Location: σ of the shift. Scale: the tilt ½(1 − s⁻²), positive for wider. Skew and tails: σ of the score. Gain: share of rows that come on top. Loss: factor that
/// remains. Adaptive: half-life in sub-windows.
/// </param>
/// <param name="Phi">Overdispersion that divides its evidence.</param>
/// <param name="Evidence">Its part of the mixture, on the scale of the threshold.</param>
public readonly record struct Expert(ExpertKind Kind, int Cell, double Size, double Phi, double Evidence);
