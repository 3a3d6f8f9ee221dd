# `cmake --install`: the package that another project finds with find_package(order1688) and links as order1688::client.
# It holds the client library, the generated API and the headers that a client needs, and no program.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# They are installed under order1688/, or else another project's common/ could be taken for ours.
set(headers client/call_failure.h client/order_channel.h client/order_client.h common/clock.h common/error.h)
foreach(header IN LISTS headers)
  file(READ ${CMAKE_SOURCE_DIR}/${header} text)
  string(REGEX REPLACE "#include \"(client|common)/" "#include \"order1688/\\1/" text "${text}")
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/installed/order1688/${header} CONTENT "${text}" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${header})
endforeach()
install(DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/installed/order1688 DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${CMAKE_BINARY_DIR}/protos/order1688/v1 DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/order1688
        FILES_MATCHING PATTERN *.pb.h)

# The sanitizers are a part of it because who links a library that was built with them needs them too.
foreach(part client base grpc protos sanitizers)
  set_target_properties(order1688_${part} PROPERTIES EXPORT_NAME ${part})
  install(TARGETS order1688_${part} EXPORT order1688 INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endforeach()
target_compile_features(order1688_client PUBLIC cxx_std_17)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/order1688)
install(EXPORT order1688 NAMESPACE order1688:: FILE order1688-targets.cmake DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/order1688-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES order1688-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/order1688-config-version.cmake DESTINATION ${package_dir})
