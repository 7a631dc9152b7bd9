namespace Sidecar.Statistics.Detection;

/// <summary>
/// The fixed experts of one detector as coefficients: each one's log evidence of a sub-window is α·x + β·n′ + γ·n, with x its statistic, n all rows and n′ those with
/// a value. Made anew when the model, the tolerance or φ changes.
/// </summary>
/// <remarks>
/// <para>Tilts of a score g: q ∝ f·exp(θg), α = θ, β = −ψ with ψ = ln Σf·exp(θg), γ = −κ.</para>
/// <para>Gains: share ρ of the rows comes into the cell on top; γ = ln(1 − ρ), α = ln(1 + ρ/((1 − ρ)u)), for every law with p ≤ u.</para>
/// <para>Losses: the cell keeps r of its share.</para>
/// <para>The null is not the reference but a ball round it. κ = ln(1 + τχ) + L/m with χ² = Σq²/f − 1: the first term because Σp·q/f ≤ 1 + τχ for every p within τ (Cauchy and
/// Schwarz), the second for the reference's own error: it tilts the false-alarm exponent, and averaged over references of m rows the false alarms stay within the budget exactly from L/m on,
/// L = ln(A/π). For gains u = p̂ + τ√(p̂(1 − p̂)) + p̂L/(mρ) + 5/m, where 5/m is for cells that m rows can't have told from 0.</para>
/// </remarks>
internal sealed class ExpertTable
{
    // Below this share a loss could not be told from chance within any useful time.
    private const double SmallestLoss = 0.02;

    // exp of it is 0 beside any weight: the expert is off.
    private const float Off = -1e9f;

    private readonly float[] _alpha;
    private readonly float[] _beta;
    private readonly float[] _gamma;
    private readonly float[] _rowWeights;
    private readonly byte[] _statistics;
    private readonly float[] _rowAlpha;
    private readonly float[] _rowGamma;

    public ExpertTable(CellModel model, DetectorOptions options, double fixedShare)
    {
        Layout = ExpertLayout.Of(model.Kind);
        Singles = Lane.Padded(Layout.Singles.Length);
        (_alpha, _beta, _gamma) = (new float[Singles], new float[Lane.Padded(Layout.Tilts)], new float[Singles]);
        _rowAlpha = new float[Layout.Rows.Length * model.Padded];
        _rowGamma = new float[(1 + Layout.Rows.Count(row => row.Kind == ExpertKind.Loss)) * model.Padded];
        _statistics = Layout.Statistics(model);
        Scale = (float)(fixedShare / Layout.Total);
        _rowWeights = [.. Layout.Rows.Select(row => (float)(row.Weight * Scale / Members(row, model)))];
        Fill(model, options, PhiTable.Independent(model));
    }

    public ExpertLayout Layout { get; }

    /// <summary>Single experts, rounded up to whole vectors.</summary>
    public int Singles { get; }

    public ReadOnlySpan<float> Alpha => _alpha;

    /// <summary>β of the tilts, which come first; 0 for all others.</summary>
    public ReadOnlySpan<float> Beta => _beta;

    public ReadOnlySpan<float> Gamma => _gamma;

    /// <summary>What the layout's weights are multiplied by.</summary>
    public float Scale { get; }

    public ReadOnlySpan<float> RowAlpha => _rowAlpha;

    /// <summary>γ of a row's experts is the factor times the span: all gains share the cells' 1/φ, a loss has coefficients of its own.</summary>
    public ReadOnlySpan<float> RowGamma(int row, CellModel model, out float factor)
    {
        var of = Layout.Rows[row];
        factor = of.Kind == ExpertKind.Loss ? 1 : (float)Math.Log(1 - of.Size);
        return _rowGamma.AsSpan(GammaOf(row) * model.Padded, model.Padded);
    }

    /// <summary>γ of one expert of a row.</summary>
    public double RowGamma(int row, int cell, CellModel model) => RowGamma(row, model, out var factor)[cell] * (double)factor;

    /// <summary>Prior weight of each expert of a row, whose members are counted once: the model may be replaced, the weights are a prior.</summary>
    public ReadOnlySpan<float> RowWeights => _rowWeights;

    /// <summary>The statistic that each single expert reads.</summary>
    public ReadOnlySpan<byte> Statistics => _statistics;

    public void Fill(CellModel model, DetectorOptions options, PhiTable phi)
    {
        _gamma.AsSpan().Fill(Off);
        for (var i = 0; i < Layout.Singles.Length; i++)
        {
            var single = Layout.Singles[i];
            var statistic = single.Statistic(model);
            var bound = Math.Log(options.Threshold / options.MeanWeight / (single.Weight * Scale));
            var (alpha, beta, gamma) = single.Place == ExpertLayout.Place.Score
                ? Tilt(model, single.Index, single.Size, bound, options.Tolerance)
                : Gain(model.Share(statistic), single.Size, bound, model.Rows, options.Tolerance);
            var power = 1 / At(phi, statistic);
            (_alpha[i], _gamma[i]) = ((float)(alpha * power), (float)(gamma * power));
            if (i < _beta.Length)
                _beta[i] = (float)(beta * power);
        }

        _rowGamma.AsSpan().Fill(Off);
        _rowGamma.AsSpan(0, model.Padded).Fill(-Off);
        for (var row = 0; row < Layout.Rows.Length; row++)
        {
            var of = Layout.Rows[row];
            var bound = Math.Log(options.Threshold / options.MeanWeight / _rowWeights[row]);
            for (var cell = 0; cell < model.ValueCells; cell++)
            {
                if (!IsMember(of, model, cell))
                    continue;
                double share = model.Shares[cell], power = 1 / At(phi, cell);
                if (of.Kind == ExpertKind.Loss)
                {
                    var loss = Loss(share, of.Size, bound, model.Rows, options.Tolerance);
                    _rowAlpha[row * model.Padded + cell] = (float)(loss.Alpha * power);
                    _rowGamma[GammaOf(row) * model.Padded + cell] = (float)(loss.Gamma * power);
                    continue;
                }

                _rowAlpha[row * model.Padded + cell] = (float)(Gain(share, of.Size, bound, model.Rows, options.Tolerance).Alpha * power);
                _rowGamma[cell] = (float)power;
            }
        }
    }

    public static double At(PhiTable phi, int statistic) => phi.Values[statistic] is var value && value >= 1 && double.IsFinite(value) ? value : 1;

    // The shared span of the gains comes first, then one for each loss; losses are the last rows.
    private int GammaOf(int row) =>
        Layout.Rows[row].Kind == ExpertKind.Loss ? _rowGamma.Length / (_rowAlpha.Length / Layout.Rows.Length) - (Layout.Rows.Length - row) : 0;

    private static double Members(ExpertLayout.Row row, CellModel model)
    {
        var members = 0;
        for (var cell = 0; cell < model.ValueCells; cell++)
            members += IsMember(row, model, cell) ? 1 : 0;
        return Math.Max(1, members);
    }

    // Tails and unseen values have experts of their own.
    private static bool IsMember(ExpertLayout.Row row, CellModel model, int cell) =>
        model.Kind == FeatureKind.Numeric
            ? cell >= NumericReference.FirstBin && cell < model.ValueCells - 2
            : cell < model.ValueCells - 1 && (row.Kind != ExpertKind.Loss || model.Shares[cell] > SmallestLoss);

    private static (double Alpha, double Beta, double Gamma) Tilt(CellModel model, int index, double size, double bound, double tolerance)
    {
        var score = model.Score(index);
        double sum = 0, squares = 0, spread = 0;
        for (var cell = 0; cell < model.ValueCells; cell++)
        {
            var share = model.Shares[cell] / model.Valued;
            var tilted = Math.Exp(size * score[cell]);
            sum += share * tilted;
            squares += share * tilted * tilted;
            spread += share * score[cell] * score[cell];
        }

        if (spread < 1e-9 || !double.IsFinite(squares))
            return (0, 0, Off); // a score that can't vary
        var chi = Math.Sqrt(Math.Max(0, squares / (sum * sum) - 1));
        return (size, -Math.Log(sum), -Margin(chi, bound, model.Rows, tolerance));
    }

    private static (double Alpha, double Beta, double Gamma) Gain(double share, double added, double bound, double rows, double tolerance)
    {
        var highest = share + tolerance * Math.Sqrt(share * (1 - share)) + share * bound / (rows * added) + 5 / rows;
        return (Math.Log(1 + added / ((1 - added) * highest)), 0, Math.Log(1 - added));
    }

    private static (double Alpha, double Gamma) Loss(double share, double rest, double bound, double rows, double tolerance)
    {
        var others = Math.Log((1 - rest * share) / (1 - share));
        var chi = (1 - rest) * Math.Sqrt(share / (1 - share));
        return (Math.Log(rest) - others, others - Margin(chi, bound, rows, tolerance));
    }

    private static double Margin(double chi, double bound, double rows, double tolerance) => Math.Log(1 + tolerance * chi) + bound / rows;
}
