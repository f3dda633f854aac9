internal import Access
internal import Hummingbird
internal import NIOCore

/// A request's context: besides what hummingbird needs, the connection that it came on.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// What the connection showed; of no credential and no place where there is no TLS channel below.
    let connection: DoorConnection

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.connection = DoorChannel.current ?? DoorConnection(isLocal: true)
    }
}
