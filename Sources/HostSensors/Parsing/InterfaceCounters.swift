/// What one network interface has moved since it was made.
///
/// Source: `/proc/net/dev`.
package struct InterfaceCounters: Equatable, Sendable {
    /// One direction.
    package struct Direction: Equatable, Sendable {
        /// Bytes of whole frames.
        package var bytes: UInt64?
        /// Packets, good ones only.
        package var packets: UInt64?
        /// Packets that were damaged or could not be sent.
        package var errors: UInt64?
        /// Packets thrown away for want of memory or interest.
        package var drops: UInt64?
        /// Packets lost for want of buffers in the card.
        package var fifoErrors: UInt64?
        /// Framing errors when receiving, collisions when sending.
        package var frameErrorsOrCollisions: UInt64?
        /// Compressed packets when receiving, losses of the carrier when sending.
        package var compressedOrCarrierLosses: UInt64?
        /// Multicast packets when receiving, compressed packets when sending.
        package var multicastOrCompressed: UInt64?

        fileprivate init(parsing line: inout TextCursor) {
            self.bytes = line.number()
            self.packets = line.number()
            self.errors = line.number()
            self.drops = line.number()
            self.fifoErrors = line.number()
            self.frameErrorsOrCollisions = line.number()
            self.compressedOrCarrierLosses = line.number()
            self.multicastOrCompressed = line.number()
        }
    }

    /// The kernel's name, as `eth0`.
    package var name: String
    /// From the network.
    package var received: Direction
    /// To the network.
    package var sent: Direction

    /// Reads the file; the two lines of headings have no colon before their numbers and fall out.
    package static func list(parsing text: Span<UInt8>) -> [InterfaceCounters] {
        var interfaces: [InterfaceCounters] = []
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            line.skipBlanks()
            let name = line.text(until: UInt8(ascii: ":"))
            // Without a colon the cursor stands at the end of the line: a heading or a cut line.
            guard !name.isEmpty, name.count < 64, !line.isAtEnd else { continue }
            let received = Direction(parsing: &line)
            let sent = Direction(parsing: &line)
            interfaces.append(InterfaceCounters(name: name.text, received: received, sent: sent))
        }
        return interfaces
    }
}
