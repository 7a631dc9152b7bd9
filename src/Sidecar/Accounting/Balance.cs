namespace Sidecar.Accounting;

/// <summary>Holds the two sides of a book against each other while it is being written.</summary>
internal static class Balance
{
    private const int Attempts = 8;

    /// <summary>
    /// The difference of the two sides: 0 when any of a few readings balances. The terms are not read at one instant, so an
    /// item on its way from one to another may be missed or met twice by a reading; an increment that is missing in the code
    /// is missing from every reading.
    /// </summary>
    /// <param name="read">Reads the left side, and the sum of the right side's terms.</param>
    /// <returns>The smallest difference met, with its sign: positive when items are unaccounted for.</returns>
    public static long Settle(Func<(long Left, long Right)> read)
    {
        var smallest = long.MaxValue;
        for (var attempt = 0; attempt < Attempts && smallest != 0; attempt++)
        {
            if (attempt > 0)
                Thread.Yield();
            var (left, right) = read();
            var difference = left - right;
            if (smallest == long.MaxValue || Math.Abs(difference) < Math.Abs(smallest))
                smallest = difference;
        }

        return smallest;
    }
}
