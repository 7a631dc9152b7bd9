using Sidecar.Wire;

namespace Sidecar.Model;

/// <summary>Where finished exchanges go (the data path); called on relay threads, so it never blocks.</summary>
public interface IExchangeIntake
{
    /// <summary>An exchange has begun.</summary>
    void Began(int listener);

    /// <summary>An exchange has ended; the intake owns it from here and returns it when it is done with it.</summary>
    void Ended(Exchange exchange);

    /// <summary>An exchange is lost to us: no record was free for it, or its observer failed.</summary>
    void Lost(int listener, DropReason reason);

    /// <summary>A connection, or an exchange on it, can't be followed; counts as one exchange.</summary>
    void WentOpaque(int listener, OpaqueReason reason);
}
