namespace Sidecar.Commands;

/// <summary>What the process ends with. From 64 on they are those of BSD's sysexits.h.</summary>
public static class ExitCodes
{
    /// <summary>Done, or judged as passed.</summary>
    public const int Ok = 0;

    /// <summary>Judged as failed; for <c>demo</c>: a break was missed.</summary>
    public const int Failed = 1;

    /// <summary>Too little evidence for a judgement.</summary>
    public const int Inconclusive = 2;

    /// <summary>A mistake in the command line or in the configuration (EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>An input file that can't be used (EX_DATAERR).</summary>
    public const int BadInput = 65;

    /// <summary>The upstream, a broker or a port is not available (EX_UNAVAILABLE).</summary>
    public const int Unavailable = 69;

    /// <summary>A bug of the sidecar (EX_SOFTWARE).</summary>
    public const int Bug = 70;
}
